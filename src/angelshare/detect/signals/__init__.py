"""The named signals: what each measures on a group of accounts, what it needs, and which honest workload causes it."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.detect.accounts import Accounts
from angelshare.detect.signals.catalogue import SIGNALS
from angelshare.detect.signals.spec import Measure, SignalSpec

__all__ = ["SIGNALS", "Measure", "SignalSpec", "off"]


def off(current: Accounts, history: Accounts | None = None, *, specs: Sequence[SignalSpec] = SIGNALS) -> list[str]:
    """Say which signals cannot run on these logs, and why; one sentence each."""
    del history
    return [f"{spec.name}: {reason}" for spec in specs if (reason := _missing(spec, current)) is not None]


def _missing(spec: SignalSpec, current: Accounts) -> str | None:
    if spec.needs_text and not current.columns["text_known"].any():
        return "needs features of prompts, which these logs were taken in without"
    lacking = [name for name in spec.needs if not _has(name, current)]
    if not lacking:
        return None
    return f"needs {' and '.join(lacking)}, of which these logs have nothing"


def _has(name: str, current: Accounts) -> bool:
    if name == "plan":
        return bool((current.plan != None).any())  # noqa: E711 - element by element
    if name in current.known:
        return bool(current.known[name].any())
    if name in current.columns:
        return bool(current.columns[name].any())
    return name in current.links and len(current.links[name].values) > 0
