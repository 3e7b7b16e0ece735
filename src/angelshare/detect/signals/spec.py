"""What every named signal says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from angelshare.core.traffic import LookAlike, Signal
from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group

Measure: TypeAlias = Callable[[Group, Accounts, Accounts], float | None]
"""measure(rows of current, current, history): larger is more suspicious; None where the data cannot say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSpec:
    """One signal: its measure, comparable over groups of different size, and its honest explanation."""

    name: Signal
    """Which."""

    unit: str
    """Unit of the value."""

    needs: tuple[str, ...]
    """Columns, kinds of link or "plan" without which it is off."""

    needs_text: bool
    """Whether it needs features of prompts."""

    role: Literal["opens", "decides", "context"]
    """Whether it opens a case, decides it, or only describes."""

    twin: str
    """The honest workload that causes the same, in words."""

    twins: tuple[LookAlike, ...]
    """Those among the profiles of `detect.twins`."""

    measure: Measure
    """Its value for a group."""
