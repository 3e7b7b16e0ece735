"""One trial of one interval: did it hold the truth, and how wide was it."""

from __future__ import annotations

import math
from typing import NamedTuple

from angelshare.core.records import Number, Refusal

OURS = "angelshare"
"""The method whose coverage is claimed."""

LABELLED = "angelshare, labelled as too narrow"
"""A method of ours whose caution says that it covers too little; the label must be true."""


class Trial(NamedTuple):
    """One simulated interval."""

    claim: str
    """The number, e.g. "recovery"."""

    cell: str
    """The condition, e.g. "2 seeds, sd 0.05"."""

    method: str
    """OURS or the name of a naive one."""

    covered: bool | None
    """None when the number was refused."""

    width: float
    """Width of the interval; infinite when one-sided."""

    error: float | None = None
    """Value minus truth, where the study tables the bias."""


def judge(claim: str, cell: str, number: Number, truth: float) -> Trial:
    """Judge a number of ours against the truth; an open side holds everything."""
    if isinstance(number, Refusal):
        return Trial(claim, cell, OURS, None, math.inf)
    low = -math.inf if number.low is None else number.low
    high = math.inf if number.high is None else number.high
    return Trial(claim, cell, OURS, low <= truth <= high, high - low)


def judge_ends(claim: str, cell: str, ends: tuple[float, float], truth: float, *, method: str) -> Trial:
    """Judge the interval of a naive method."""
    return Trial(claim, cell, method, ends[0] <= truth <= ends[1], ends[1] - ends[0])
