"""Judge inflation: what a judge's win rates say was recovered, minus what verifiable scores say (M7).

A win rate is a judge's mean preference for a model's reply over one fixed reference's. Judges like length, so each win
rate is given raw and at equal length (Dubois et al. 2024, arXiv 2404.04475, section 3).
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from angelshare.core.record import record
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.gaps import identified, no_gap, part_means
from angelshare.stats.intervals import caution_of
from angelshare.stats.panel import FloatArray, IntArray, Panel, rows
from angelshare.stats.recovery import accuracy, difference, panel_part

LEAST_EVENTS = 10.0
"""Wins, and losses, that two coefficients need: 5 each (Vittinghoff & McCulloch 2007)."""

STEPS = 50
"""Newton steps; a fit that has not settled by then never will."""

SETTLED = 1e-10
"""A step this small, in logits, ends the fit."""

FARTHEST = 12.0
"""A coefficient beyond this many logits runs away: the data are separated."""

SMALLEST_VARIATION = 0.02
"""Least standard deviation of tanh(excess / sd): below it length says the same of every item."""

SMALLEST_CURVATURE = 1e-9
"""Least curvature per item that still holds a coefficient."""

OUTSIDE = "no reply of {who} is {what} than the reference's: equal length lies outside the data"


@record
class Lengths:
    """How much longer each judged reply is than the reference's reply to the same item, in any unit of length."""

    student: FloatArray
    """(seeds, items)."""

    floor: FloatArray
    """(draws, items)."""

    teacher: FloatArray
    """(draws, items)."""


class Controlled(NamedTuple):
    """Judged scores at equal length."""

    panel: Panel
    """Each row's mean by domain is its win rate at equal length; spread over items is that of the fit."""

    caution: str


def length_controlled(wins: Panel, lengths: Lengths) -> Controlled | Refusal:
    """Bring win rates to equal length.

    Per row and domain, logit P(win) = theta + phi tanh(excess / sd(excess)); the win rate at equal length is
    sigma(theta) (Dubois et al. 2024, arXiv 2404.04475, section 3, without the item term, which needs many models:
    sigma(theta) is then the mean over items). Preferences between 0 and 1 enter as fractions (Papke & Wooldridge 1996,
    Journal of Applied Econometrics 11, 619-632). Items are replaced by the win rate plus their influence on it, so
    that the mean is the win rate and the spread its robust variance (Huber 1967).

    Args:
        wins: preferences in [0, 1] for the model over the reference.
        lengths: of the same replies.

    Refused when a domain of a row has too few wins or losses, separated data, or lengths that do not vary.
    """
    blocks: list[FloatArray] = []
    notes: list[str] = []
    for who in ("student", "floor", "teacher"):
        win = rows(getattr(wins, who), wins.domain.size, who)
        excess = rows(getattr(lengths, who), wins.domain.size, f"{who}, length")
        if win.shape != excess.shape:
            raise ValueError(f"{who}: {win.shape} preferences, {excess.shape} lengths")
        adjusted = [_row(one, two, wins.domain) for one, two in zip(win, excess, strict=True)]
        refused = next((each for each in adjusted if isinstance(each, Refusal)), None)
        if refused:
            return Refusal(refused=f"length control, {who}: {refused.refused}")
        blocks.append(np.stack([each for each in adjusted if not isinstance(each, Refusal)]))
        notes += _outside(who, excess)
    panel = dataclasses.replace(wins, student=blocks[0], floor=blocks[1], teacher=blocks[2])
    return Controlled(panel, caution_of(*notes))


def win_rate(values: FloatArray, domain: IntArray, *, level: float, rng: np.random.Generator, trained: bool) -> Number:
    """Estimate a win rate, raw or at equal length: the mean over domains of the mean over items; see `accuracy`."""
    number = accuracy(values, domain, level=level, rng=rng, trained=trained)
    if isinstance(number, Refusal) or number.low is None or number.high is None:
        return number
    return dataclasses.replace(number, low=max(0.0, number.low), high=min(1.0, number.high))


def judge_inflation(
    judged: Panel, verifiable: Panel, *, same_items: bool, level: float, rng: np.random.Generator
) -> Number:
    """Estimate recovery by the judge minus recovery by verifiable score, of the same students, paired by seed (M7).

    Args:
        judged: win rates, raw or as `length_controlled` gives them.
        verifiable: scores.
        same_items: True when both hold the same items in the same order, which are then drawn jointly.
        level: of the interval.
        rng: the caller owns the seed.

    Refused when the gap of either is not identified.
    """
    for what, panel in (("by the judge", judged), ("by verifiable score", verifiable)):
        part = panel_part(panel)
        if not identified(part_means(part), part.arms[0], level).any():
            return Refusal(refused=f"{what}: {no_gap(part, level).refused}")
    number = difference(judged, verifiable, level=level, rng=rng, same_items=same_items)
    if isinstance(number, Estimate):
        return dataclasses.replace(number, method=f"judge minus verifiable; {number.method}")
    return number


def _row(win: FloatArray, excess: FloatArray, domain: IntArray) -> FloatArray | Refusal:
    """Give one row's (items,) win rate at equal length plus influence."""
    out = np.empty_like(win)
    for d in range(int(domain.max()) + 1):
        inside = domain == d
        fitted = _at_equal_length(win[inside], excess[inside])
        if isinstance(fitted, Refusal):
            return fitted
        out[inside] = fitted
    return out


def _at_equal_length(win: FloatArray, excess: FloatArray) -> FloatArray | Refusal:
    if not excess.any():
        return win  # every reply is as long as the reference's
    spread = float(excess.std())
    bent = np.tanh(excess / spread) if spread > 0 else np.ones_like(excess)
    if bent.std() < SMALLEST_VARIATION:
        return Refusal(
            refused="lengths differ from the reference's by about the same on every item; length and model are one"
        )
    wins, losses = float(win.sum()), float((1.0 - win).sum())
    if min(wins, losses) < LEAST_EVENTS:
        return Refusal(refused=f"{wins:g} wins and {losses:g} losses in a domain; {LEAST_EVENTS:g} of each are needed")
    design = np.stack([np.ones_like(excess), bent], axis=1)
    coefficients = np.zeros(2)
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-design @ coefficients))
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design
        if np.linalg.eigvalsh(curvature)[0] < SMALLEST_CURVATURE * win.size or np.abs(coefficients).max() > FARTHEST:
            break
        step = np.linalg.solve(curvature, design.T @ (win - chance))
        if np.abs(step).max() < SETTLED:
            influence = np.linalg.solve(curvature, (design * (win - chance)[:, None]).T)[0]
            rate = 1.0 / (1.0 + np.exp(-coefficients[0]))
            return np.asarray(rate + rate * (1.0 - rate) * win.size * influence)
        coefficients = coefficients + step / max(1.0, np.abs(step).max())  # a bounded step cannot overshoot for long
    return Refusal(refused="separated: length alone tells wins from losses, so no win rate at equal length exists")


def _outside(who: str, excess: FloatArray) -> list[str]:
    if excess.min() > 0:
        return [OUTSIDE.format(who=who, what="shorter")]
    return [OUTSIDE.format(who=who, what="longer")] if excess.max() < 0 else []
