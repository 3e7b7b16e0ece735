"""The operator's own benign history as a yardstick: what honest groups score, and how many cases it would open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.core.records import Number
from angelshare.core.traffic import Signal
from angelshare.detect.accounts import Accounts
from angelshare.detect.benign import LARGEST, benign_groups, random_groups
from angelshare.detect.budget import Budget
from angelshare.detect.candidates import candidates
from angelshare.detect.signals import SIGNALS, SignalSpec
from angelshare.detect.weigh import Measured, Yardstick, coordination, deciding, joined, measure, yardstick
from angelshare.stats.conformal import conformal_p, rate
from angelshare.stats.evalues import e_bh, rank_e

RANDOM = 200
"""Random groups that say what chance coordinates, per window."""
OPENS_AT = 4.0
"""Deviations above the middle of random groups from which coordination opens a case; fixed before any data."""
TILT = 1.0
"""Tilt of the conformal e-value, per deviation of the score; fixed before any data."""
FDR = 0.1
"""False discovery rate across the cases of a run."""
RECOGNISED = 0.5
"""Fit from which an honest workload explains a case (`twins.RECOGNISED`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A period, and the days before it that it is held against."""

    current: Accounts
    """The period."""

    history: Accounts
    """What came before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """What groups are measured by; the same for benign groups and for cases."""

    specs: Sequence[SignalSpec]
    """Signals that can run on these logs."""

    by: Yardstick
    """Middle and scale of benign groups."""

    random: Measured
    """Random groups of many sizes: what chance coordinates."""

    opens_at: float
    """Coordination from which a case is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What benign history says."""

    standards: Standards
    """What groups are measured by."""

    pool: Measured
    """All benign groups."""

    reference: Measured
    """Those as coordinated as a case must be, and the cases that benign periods open."""

    opened: Sequence[int]
    """Cases that each benign window opens."""

    realised: Number
    """False campaigns per period of the budget on held-back benign windows."""

    budget: Budget
    """What was asked for."""

    days: int
    """Days of the benign windows."""

    window_days: int
    """Days of one."""

    accounts: int
    """Benign accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What G cases come to against a reference."""

    score: NDArray[np.float64]
    """(G,) what decides."""

    p_value: NDArray[np.float64]
    """(G,) conformal, against benign groups."""

    e_value: NDArray[np.float64]
    """(G,) conformal."""

    expected_false: NDArray[np.float64]
    """(G,) false campaigns expected per period of the budget at this score."""

    passes: NDArray[np.bool_]
    """(G,) within the budget, among the discoveries, and no honest workload recognised."""


def calibrate(windows: Sequence[Window], *, budget: Budget, rng: Generator,
              specs: Sequence[SignalSpec] = SIGNALS) -> Calibration:  # fmt: skip
    """Measure benign windows, the same way as a current period will be.

    Args:
        windows: benign periods of about the length of the current one; at least one.
        budget: false campaigns allowed.
        rng: draws which groups are taken.
        specs: signals that can run on these logs.
    """
    random = joined(
        [measure(_chance(one, rng), one.current, one.history, specs=specs, decides=False) for one in windows]
    )
    pools = [measure(benign_groups(one.current, rng=rng), one.current, one.history, specs=specs) for one in windows]
    found = [
        measure(
            [group.members for group in candidates(one.current, one.history)], one.current, one.history, specs=specs
        )
        for one in windows
    ]
    level = coordination(random, random, specs=specs)
    middle, spread = float(np.median(level)), float(np.quantile(level, 0.95) - np.median(level)) / 1.645
    by = yardstick(joined(pools))
    standards = Standards(specs=specs, by=by, random=random, opens_at=middle + OPENS_AT * max(spread, 1e-6))
    cases = [opened(one, standards) for one in found]
    kept = [joined([opened(pool, standards), case]) for pool, case in zip(pools, cases, strict=True)]
    days = sorted({day for one in windows for day in one.current.days})
    false = sum(_false(cases, kept, at, standards=standards, budget=budget, days=len(windows[at].current.days))
                for at in range(len(windows)))  # fmt: skip
    return Calibration(
        standards=standards, pool=joined(pools), reference=joined(kept), opened=[len(case) for case in cases],
        realised=rate(false, float(len(days)), per=budget.days), budget=budget, days=len(days),
        window_days=len(windows[-1].current.days), accounts=max(len(one.current) for one in windows),
    )  # fmt: skip


def opened(groups: Measured, standards: Standards) -> Measured:
    """Keep the groups whose coordination opens a case."""
    level = coordination(groups, standards.random, specs=standards.specs)
    return groups.part(np.flatnonzero(level >= standards.opens_at))


def weighed(cases: Measured, reference: Measured, standards: Standards, *, per_day: float, budget: Budget,
            without: Signal | None = None) -> Weighed:  # fmt: skip
    """Hold cases against benign groups.

    Args:
        cases: groups that were opened.
        reference: benign groups as coordinated as those.
        standards: what both are measured by.
        per_day: cases opened per day, an upper bound on the benign ones among them.
        budget: false campaigns allowed.
        without: a signal to leave out.

    A benign case exceeds the score of a share p of the reference with probability at most p if it is exchangeable with
    it, so cases per period times p bounds the expected number of false campaigns (linearity; no independence needed).
    """
    score = deciding(cases, standards.by, specs=standards.specs, without=without)
    held = deciding(reference, standards.by, specs=standards.specs, without=without)
    p_value, e_value = conformal_p(score, held), rank_e(score, held, tilt=TILT)
    false = p_value * per_day * budget.days
    fit = np.array([max((fit for _, fit in fits), default=0.0) for fits in cases.fits])
    passes = (false <= budget.campaigns) & e_bh(e_value, level=FDR) & (fit < RECOGNISED)
    return Weighed(score=score, p_value=p_value, e_value=e_value, expected_false=false, passes=passes)


def _chance(window: Window, rng: Generator) -> list[NDArray[np.intp]]:
    largest = min(LARGEST, max(len(window.current) // 2, 6))
    sizes = np.exp(rng.uniform(np.log(5), np.log(largest), RANDOM)).astype(np.intp)
    return random_groups(window.current, sizes, rng=rng)


def _false(cases: Sequence[Measured], kept: Sequence[Measured], at: int, *, standards: Standards, budget: Budget,
           days: int) -> int:  # fmt: skip
    """Count the campaigns that a benign window would be charged with, by what the other windows say."""
    if not len(cases[at]):
        return 0
    others = [one for place, one in enumerate(kept) if place != at]
    if not others:
        # its own groups but the cases themselves; they stand behind the others in `kept`
        others = [kept[at].part(np.arange(len(kept[at]) - len(cases[at])))]
    per_day = len(cases[at]) / days
    return int(weighed(cases[at], joined(others), standards, per_day=per_day, budget=budget).passes.sum())
