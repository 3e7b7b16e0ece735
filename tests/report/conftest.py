"""The sample audits that the report's tests share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("report_sample", Path(__file__).parent / "sample.py")
sample = importlib.util.module_from_spec(_SPEC)
sys.modules["report_sample"] = sample
_SPEC.loader.exec_module(sample)

EVERY_ARM = ("answers", "traces", "logits", "gold", "gold_all", "self", "shuffled", "open", "corrupted")


@pytest.fixture(scope="session")
def audit():
    """The usual case: five arms, four doses, no open teacher."""
    return sample.sample()


@pytest.fixture(scope="session")
def manifest():
    return sample.manifest()


@pytest.fixture(
    scope="session", params=["usual", "every arm, six doses", "one arm, one dose", "all refused", "hostile words"]
)
def any_audit(request):
    """Every shape of audit the page must carry."""
    build = {
        "usual": sample.sample,
        "every arm, six doses": lambda: sample.sample(arms=EVERY_ARM, doses=(30, 100, 300, 1000, 3000, 10000), seeds=5),
        "one arm, one dose": lambda: sample.sample(arms=("answers",), doses=(300,)),
        "all refused": sample.refused_everywhere,
        "hostile words": sample.hostile,
    }
    return build[request.param]()


_DELAY = importlib.util.spec_from_file_location("delay_sample", Path(__file__).parent / "delay_sample.py")
delay_sample = importlib.util.module_from_spec(_DELAY)
sys.modules["delay_sample"] = delay_sample
_DELAY.loader.exec_module(delay_sample)


@pytest.fixture(scope="session")
def delay():
    """The usual delay report: an index, four benchmarks of which one is refused, a campaign."""
    return delay_sample.report()


@pytest.fixture(
    scope="session", params=["usual", "made-up scores", "no campaign", "hostile words", "all refused", "no benchmark"]
)
def any_delay(request):
    """Every shape of delay report the page must carry."""
    build = {
        "usual": delay_sample.report,
        "made-up scores": lambda: delay_sample.report(real=False),
        "no campaign": lambda: delay_sample.report(attributable=False),
        "hostile words": delay_sample.hostile,
        "all refused": delay_sample.refused,
        "no benchmark": delay_sample.empty,
    }
    return build[request.param]()
