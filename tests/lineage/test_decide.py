import pytest

from angelshare.core.lineage import Confounder
from angelshare.core.records import Refusal
from angelshare.lineage.decide import word_of

POWER = Refusal(refused="nobody was taught by it")


def word(name, *, p_value=0.01, laundered_p=0.01):
    drift = [Confounder(name=name, suspect="0.1", panel="2 to 3", outside=True)]
    return word_of(p_value, laundered_p, attainable_p=0.01, margin=1.0, power=POWER, drift=drift, alpha=0.05)


def test_drift_of_format_is_no_reason_for_derived_and_the_laundered_text_decides():
    verdict, reasons = word("capitals", p_value=0.9)

    assert verdict == "derived"
    assert not any("outside the range" in reason for reason in reasons)
    assert any("format taken off" in reason for reason in reasons)


@pytest.mark.parametrize("name", ["length", "language"])
def test_drift_beyond_format_leaves_cannot_tell_and_is_its_reason(name):
    verdict, reasons = word(name)

    assert verdict == "cannot tell"
    assert f"{name} is outside the range of the panel" in reasons
