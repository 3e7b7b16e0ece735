"""What a reproduction hands over: the published claim, our figures with their intervals, pass or not."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number


@record
class Check:
    """One criterion, fixed before the run."""

    criterion: str
    """In words."""

    found: Number | str
    """Our figure; a sentence where the criterion is a count."""

    passed: bool
    """Whether the whole interval satisfies it (the count, where it is one)."""


@record
class Outcome:
    """One reproduction."""

    id: str
    """Short name."""

    claim: str
    """What was published, with its figures."""

    source: str
    """Paper and place."""

    miniature: str
    """What we did instead, at our size."""

    checks: Sequence[Check]
    """Criteria."""

    remarks: Sequence[str]
    """What agrees, what does not, and why not."""

    how: str
    """How to run it alone."""

    cpu_seconds: float
    """Process time, workers included; near 0 in a sitting that found every cell finished."""

    caveat: str = ""
    """What the criteria do not ask for and did not happen; stands beside the verdict."""

    @property
    def passed(self) -> bool:
        """Whether every criterion holds."""
        return all(check.passed for check in self.checks)


def at_least(criterion: str, number: Number, bound: float) -> Check:
    """Pass when the interval lies at or above `bound`."""
    low = number.low if isinstance(number, Estimate) else None
    return Check(criterion=criterion, found=number, passed=low is not None and low >= bound)


def at_most(criterion: str, number: Number, bound: float) -> Check:
    """Pass when the interval lies at or below `bound`."""
    high = number.high if isinstance(number, Estimate) else None
    return Check(criterion=criterion, found=number, passed=high is not None and high <= bound)


def within(criterion: str, number: Number, bound: float) -> Check:
    """Pass when the interval lies inside -bound to bound."""
    inside = at_least(criterion, number, -bound).passed and at_most(criterion, number, bound).passed
    return Check(criterion=criterion, found=number, passed=inside)


def above(criterion: str, number: Number, bound: float = 0.0) -> Check:
    """Pass when the interval lies wholly above `bound`."""
    low = number.low if isinstance(number, Estimate) else None
    return Check(criterion=criterion, found=number, passed=low is not None and low > bound)


def not_above(criterion: str, number: Number, bound: float = 0.0) -> Check:
    """Pass when the interval reaches down to `bound`."""
    low = number.low if isinstance(number, Estimate) else None
    return Check(criterion=criterion, found=number, passed=low is not None and low <= bound)


def cpu_seconds() -> float:
    """Process time so far, of this process and of the workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
