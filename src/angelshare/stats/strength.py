"""How many scored tokens a mark of given strength needs, and how little of it in a training mix can still be found."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from angelshare.core.marks import Law
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.intervals import caution_of, percentile_ends
from angelshare.stats.panel import FloatArray
from angelshare.stats.sampling import DRAWS, domain_means, draw_means, draw_rows, row_effects
from angelshare.stats.tails import log10_binomial_sf, log10_gamma_sf

MOST = 10**10
"""More scored tokens than this are not asked for."""

WINDOW = 64
"""Binomial power is a saw: it must hold for this many sizes on end, or one tooth if that is longer."""

LONGEST_TOOTH = 4_096
FEW_SEEDS = 3


def tokens_needed(law: Law, rate: float, effect: float | Estimate, *, level: float, power: float = 0.8) -> Number:
    """Count the scored draws at which the exact test finds a mark of this strength with probability `power`.

    Args:
        law: of the draws without a mark.
        rate: probability of a green draw without a mark (binomial; the gamma law has mean 1 for every draw).
        effect: green rate with the mark, or mean of a draw; an Estimate carries its doubt over.
        level: of the test, fixed beforehand.
        power: in (0, 1).

    Exact binomial and gamma power; from the number given on, power does not fall below `power` again within a tooth of
    its saw. With the gamma law the marked draws are taken as exponentials of mean `effect`. Refused when the effect is
    not above chance or needs more than 1e10 draws.
    """
    _check(law, rate, level, power)
    strength = effect if isinstance(effect, Estimate) else None
    value = strength.value if strength else float(effect)  # type: ignore[arg-type]  # an Estimate is taken before
    chance = rate if law == "binomial" else 1.0
    most = 1.0 if law == "binomial" else math.inf

    def need(mean: float | None) -> int | None:
        if mean is None or mean <= chance:
            return None
        return _least(lambda n: _power(law, rate, min(mean, most), n=n, level=level), power, tooth=_tooth(law, rate))

    middle = need(value)
    if middle is None:
        why = "is not above chance" if value <= chance else f"is so weak that more than {MOST:.0e} draws are needed"
        return Refusal(refused=f"a strength of {value:.4g} against {chance:.4g} {why}, so no number of tokens finds it")
    low, high = (need(strength.high) if strength.high else 1, need(strength.low)) if strength else (middle, middle)
    return Estimate(
        value=float(middle),
        low=float(low or 1),
        high=None if high is None else float(high),
        level=strength.level if strength else 0.95,
        n=strength.n if strength else middle,
        method=f"exact {law} power {power:g} at level {level:g}"
        + ("" if strength else ", for exactly the strength stated"),
        caution=caution_of(
            strength.caution if strength else "",
            "" if law == "binomial" else "marked draws are taken as exponentials of the stated mean",
        ),
    )


def detectable(law: Law, rate: float, draws: int, *, level: float, power: float = 0.8) -> float | None:
    """Give the least strength that `draws` scored draws find with probability `power`; None if none can.

    The inverse of `tokens_needed`: a green rate (binomial) or a mean draw (gamma), to 1e-9 relative.
    """
    _check(law, rate, level, power)
    chance, top = (rate, 1.0 - 1e-12) if law == "binomial" else (1.0, 1e6)
    size = np.array([float(draws)])
    critical = _critical(law, rate, size, level)
    if draws < 1 or _exceeds(law, critical, size, top)[0] < power:
        return None
    low, high = chance, top
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        enough = _exceeds(law, critical, size, middle)[0] >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def minimum_mix(
    mixes: FloatArray, means: FloatArray, law: Law, *, rate: float, draws: int, level: float, rng: np.random.Generator
) -> Number:
    """Estimate the least share of marked text in a training mix that the test finds in four of five students.

    Args:
        mixes: (mixes,) shares in (0, 1], rising.
        means: (mixes, seeds, texts) mean score of a draw (green share, or mean of -ln(1 - u)) in each student's texts.
        law: of the draws without a mark.
        rate: probability of a green draw without a mark.
        draws: scored draws that will be at hand.
        level: of the test.
        rng: the caller owns the seed.

    Excess over chance is read as rising with the mix (running maximum) from 0 at 0, and straight in between. Seeds and
    texts are both drawn (`stats/sampling.py`), 95 % interval. Refused with one seed or one text, with more draws asked
    than exist, or when the largest mix tried is not found.
    """
    if means.shape[1] < 2 or means.shape[2] < 2:  # noqa: PLR2004 - one of a kind has no spread
        return Refusal(refused=f"{means.shape[1]} seeds and {means.shape[2]} texts; a minimum mix needs 2 of each")
    strength = detectable(law, rate, draws, level=level)
    if strength is None:
        return Refusal(refused=f"{draws:,} scored draws cannot reach a p-value of {level:g} at any strength")
    chance = rate if law == "binomial" else 1.0
    wanted = strength - chance
    value = float(_crossing(mixes, means.mean(axis=(1, 2))[None] - chance, wanted)[0])
    if math.isinf(value):
        return Refusal(
            refused=f"not found even at a mix of {mixes[-1]:g}: {draws:,} draws need {wanted:.2g} above chance"
        )
    crossings = _crossing(mixes, _drawn(means, rng) - chance, wanted)
    low, high = percentile_ends(np.minimum(crossings, 2.0), 0.95)  # no mix is above 1, so 2 stands for "never"
    return Estimate(
        value=value,
        low=min(low, value),
        high=None if high > mixes[-1] else max(high, value),
        level=0.95,
        n=means.shape[1],
        method=f"seeds and texts drawn; exact {law} power 0.8 at level {level:g} with {draws:,} draws; n counts seeds",
        caution=f"only {means.shape[1]} seeds" if means.shape[1] < FEW_SEEDS else "",
    )


def _check(law: Law, rate: float, level: float, power: float) -> None:
    inside = {"level": level, "power": power} | ({"rate": rate} if law == "binomial" else {})
    for name, share in inside.items():
        if not 0 < share < 1:
            raise ValueError(f"{name}: expected a share inside (0, 1), found {share}")


def _drawn(means: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw (draws, mixes) of what the mean of each mix may truly be."""
    everything = np.zeros(means.shape[2], dtype=np.int64)
    columns = means.mean(axis=1)
    items = draw_means(domain_means(columns, everything, None, np.ptp(columns, axis=1)), rng, DRAWS)[:, 0, :]
    return items + draw_rows([row_effects(block, np.ones(1), everything, None) for block in means], rng)


def _crossing(mixes: FloatArray, excess: FloatArray, wanted: float) -> FloatArray:
    """Give the (rows,) mix at which each row's rising excess first reaches `wanted`; infinite if it never does."""
    points = np.concatenate([[0.0], mixes])
    heights = np.maximum.accumulate(np.concatenate([np.zeros((len(excess), 1)), excess], axis=1), axis=1)
    reached = heights >= wanted
    after = np.where(reached.any(axis=1), reached.argmax(axis=1), 0)
    rows, before = np.arange(len(excess)), np.maximum(after - 1, 0)
    rise = np.maximum(heights[rows, after] - heights[rows, before], np.finfo(float).tiny)
    share = (wanted - heights[rows, before]) / rise
    return np.where(after > 0, points[before] + share * (points[after] - points[before]), np.inf)


def _power(law: Law, rate: float, effect: float, *, n: FloatArray, level: float) -> FloatArray:
    """Give the (sizes,) probability that the exact test at `level` rejects."""
    return _exceeds(law, _critical(law, rate, n, level), n, effect)


def _critical(law: Law, rate: float, n: FloatArray, level: float) -> FloatArray:
    return _gamma_critical(n, level) if law == "gamma" else _binomial_critical(n, rate, level)


def _exceeds(law: Law, critical: FloatArray, n: FloatArray, effect: float) -> FloatArray:
    """Give the (sizes,) probability of a statistic at or above the critical one; 0 where none is."""
    if law == "gamma":
        return np.asarray(10 ** log10_gamma_sf(critical / effect, n))
    possible, result = critical <= n, np.zeros_like(n)
    result[possible] = 10 ** log10_binomial_sf(critical[possible], n[possible], min(effect, 1 - 1e-15))
    return result


def _binomial_critical(n: FloatArray, rate: float, level: float) -> FloatArray:
    """Give the least count whose p-value is at most `level`, or n + 1 if none is."""
    return _search(np.zeros_like(n), n + 1, lambda k: log10_binomial_sf(np.minimum(k, n), n, rate), level, whole=True)


def _gamma_critical(n: FloatArray, level: float) -> FloatArray:
    return _search(n * 0.0, 10 * n - 10 * math.log(level), lambda s: log10_gamma_sf(s, n), level, whole=False)


def _search(
    low: FloatArray, high: FloatArray, log10_p: Callable[[FloatArray], FloatArray], level: float, *, whole: bool
) -> FloatArray:
    """Halve (low, high] until the end where the falling p-value passes `level` is known."""
    for _ in range(200):
        middle = np.floor((low + high) / 2) if whole else (low + high) / 2
        done = high - low <= (1 if whole else 1e-14 * high)
        if done.all():
            break
        passed = log10_p(middle) <= math.log10(level)
        low, high = np.where(passed | done, low, middle), np.where(passed & ~done, middle, high)
    return high


def _tooth(law: Law, rate: float) -> int:
    if law == "gamma":
        return 1
    return int(min(max(WINDOW, math.ceil(2 / rate), math.ceil(2 / (1 - rate))), LONGEST_TOOTH))


def _least(power_at: Callable[[FloatArray], FloatArray], power: float, *, tooth: int) -> int | None:
    """Find the least n from which power holds for one tooth on end, by halving; None above MOST."""

    def holds(n: int) -> bool:
        return bool(power_at(np.arange(n, n + tooth, dtype=np.float64)).min() >= power)

    high = 1
    while not holds(high):
        high *= 2
        if high > MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
