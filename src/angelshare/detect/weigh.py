"""What is measured on one group, and how it becomes one number: the same for a case and for the benign groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import LookAlike, Signal
from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group
from angelshare.detect.intent import intent
from angelshare.detect.signals import SignalSpec
from angelshare.detect.traits import TRAITS
from angelshare.detect.twins import explain

LOW, HIGH = -2.0, 6.0
"""Bounds of one signal's standing, in reference deviations: none may outweigh all others."""
SMALLEST_SCALE = 1e-3
TAIL = 0.95
TAIL_Z = 1.645
"""The reference's 95th percentile lies this many deviations above its median, as a normal one would."""
INTENT_WEIGHT = 2.0
"""Weight of intent against a deciding signal."""
UNDECLARED_WEIGHT = 1.0
SIZE_WEIGHT = 2.0
"""Weight of the logarithm of a group's accounts: what fifty do alike is seldomer chance than what eight do."""
NEAR = 100
"""Random groups that a group is held against, those nearest in size."""
NEW: Signal = "novel-cluster"
TWIN_WEIGHT = 6.0
"""What a perfectly fitting honest workload takes away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the data say of G groups."""

    signals: tuple[Signal, ...]
    """The K signals."""

    values: NDArray[np.float64]
    """(G, K) in each signal's unit; 0 where not known."""

    known: NDArray[np.bool_]
    """(G, K) whether the data could say."""

    intent: NDArray[np.float64]
    """(G,) intent; 0 where not known."""

    undeclared: NDArray[np.float64]
    """(G,) share of the group that no declared organisation holds together."""

    fits: Sequence[Sequence[tuple[LookAlike, float]]]
    """Per group, honest workloads and how well they fit, the best first."""

    size: NDArray[np.intp]
    """(G,) accounts."""

    def __len__(self) -> int:
        return len(self.size)

    def part(self, rows: NDArray[np.intp]) -> Measured:
        """Give some of the groups."""
        return Measured(
            signals=self.signals, values=self.values[rows], known=self.known[rows], intent=self.intent[rows],
            undeclared=self.undeclared[rows], fits=[self.fits[row] for row in rows.tolist()], size=self.size[rows],
        )  # fmt: skip


def measure(groups: Sequence[Group], current: Accounts, history: Accounts, *, specs: Sequence[SignalSpec],
            decides: bool = True) -> Measured:  # fmt: skip
    """Measure groups of accounts of `current` against `history`; not what only decides unless `decides`."""
    found = [[spec.measure(group, current, history) for spec in specs] for group in groups]
    shape = (len(groups), len(specs))
    deep = groups if decides else []
    told = [intent(group, current, history) for group in deep] or [None] * len(groups)
    declared = [TRAITS["declared"](group, current, history) for group in deep] or [None] * len(groups)
    fits = [explain(group, current, history) for group in deep] or [() for _ in groups]
    return Measured(
        signals=tuple(spec.name for spec in specs),
        values=np.array([[value or 0.0 for value in row] for row in found], dtype=np.float64).reshape(shape),
        known=np.array([[value is not None for value in row] for row in found], dtype=np.bool_).reshape(shape),
        intent=np.array([value or 0.0 for value in told], dtype=np.float64),
        undeclared=np.array([1.0 - (value or 0.0) for value in declared], dtype=np.float64),
        fits=fits,
        size=np.array([len(group) for group in groups], dtype=np.intp),
    )


def joined(parts: Sequence[Measured]) -> Measured:
    """Put the groups of several periods into one; of none there is nothing to join: ValueError."""
    return Measured(
        signals=parts[0].signals,
        values=np.concatenate([part.values for part in parts]),
        known=np.concatenate([part.known for part in parts]),
        intent=np.concatenate([part.intent for part in parts]),
        undeclared=np.concatenate([part.undeclared for part in parts]),
        fits=[fit for part in parts for fit in part.fits],
        size=np.concatenate([part.size for part in parts]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """Middle and scale of every signal among benign groups."""

    middle: NDArray[np.float64]
    """(K + 2,) medians: the signals, then intent, then the undeclared share; (G, K + 2) if they differ by group."""

    scale: NDArray[np.float64]
    """Deviations, of the same shape, from the median to the 95th percentile as a normal distribution has it."""


def yardstick(benign: Measured) -> Yardstick:
    """Take middle and scale from benign groups; a signal that none of them has gets 0 and 1."""
    columns = [benign.values[benign.known[:, k], k] for k in range(len(benign.signals))]
    columns += [benign.intent, benign.undeclared]
    middle = [float(np.median(column)) if len(column) else 0.0 for column in columns]
    top = [float(np.quantile(column, TAIL)) if len(column) else TAIL_Z for column in columns]
    spread = [max((high - low) / TAIL_Z, SMALLEST_SCALE) for low, high in zip(middle, top, strict=True)]
    return Yardstick(middle=np.array(middle), scale=np.array(spread))


def matched(random: Measured, sizes: NDArray[np.intp]) -> Yardstick:
    """Take middle and scale for groups of given sizes, (G, K + 2) each, from the random groups nearest in size."""
    middle = np.empty((len(sizes), len(random.signals) + 2))
    scale = np.empty_like(middle)
    for size in np.unique(sizes):
        far = np.abs(np.log(random.size / size))
        by = yardstick(random.part(np.argsort(far, kind="stable")[:NEAR]))
        middle[sizes == size], scale[sizes == size] = by.middle, by.scale
    return Yardstick(middle=middle, scale=scale)


def standing(groups: Measured, by: Yardstick) -> NDArray[np.float64]:
    """(G, K + 2) give each value's distance from the benign middle, in benign deviations; 0 where not known."""
    values = np.column_stack([groups.values, groups.intent, groups.undeclared])
    known = np.column_stack([groups.known, np.ones((len(groups), 2), dtype=bool)])
    found: NDArray[np.float64] = np.where(known, np.clip((values - by.middle) / by.scale, LOW, HIGH), 0.0)
    return found


def deciding(
    groups: Measured, by: Yardstick, *, specs: Sequence[SignalSpec], without: Signal | None = None
) -> NDArray[np.float64]:
    """(G,) score groups by what decides: such signals, intent, being undeclared, size, less the best honest fit.

    Newness is left out on purpose: a case is looked at because it is new, so newness cannot decide it again.
    """
    weights = [1.0 if spec.role == "decides" and spec.name != without else 0.0 for spec in specs]
    best = np.array([max((fit for _, fit in fits), default=0.0) for fits in groups.fits])
    stand = standing(groups, by) @ np.array([*weights, INTENT_WEIGHT, UNDECLARED_WEIGHT])
    score: NDArray[np.float64] = stand - TWIN_WEIGHT * best + SIZE_WEIGHT * np.log(groups.size)
    return score


def coordination(
    groups: Measured, random: Measured, *, specs: Sequence[SignalSpec], without: Signal | None = None
) -> NDArray[np.float64]:
    """(G,) score groups by what opens a case, but newness: how much more accounts do in common than random ones.

    Each signal stands in deviations of the `NEAR` random groups nearest in size, and counts where it is above them.
    What a hundred random accounts have in common varies far less than what five have; and who works at the same time
    does not hand over, so less of one way to work together than chance has takes nothing from another.
    """
    opens = [spec.role == "opens" and spec.name not in (NEW, without) for spec in specs]
    above = np.maximum(standing(groups, matched(random, groups.size)), 0.0)
    score: NDArray[np.float64] = above @ np.array([*opens, False, False], dtype=np.float64)
    return score
