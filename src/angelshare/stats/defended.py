"""Numbers of the defence lab: break-even queries, the largest of several, ratios of times, diversity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import stats

from angelshare.core.records import Estimate, Number, Refusal
from angelshare.stats.curve import CurveFit
from angelshare.stats.intervals import caution_of
from angelshare.stats.panel import FloatArray

GROUPS = 20
"""Groups of replies left out in turn for the error of diversity."""


def joint_level(level: float, several: int) -> float:
    """Give the level of each of `several` intervals that all hold at `level` (Bonferroni)."""
    return 1 - (1 - level) / max(1, several)


def largest(numbers: Sequence[Number], *, level: float) -> tuple[Number, int]:
    """Estimate the largest of several numbers, each with an interval at `joint_level(level, len(numbers))`.

    The largest true value lies above the largest lower end and below the largest upper end if all intervals hold. Gives
    it with the place of the largest point value, which flatters: the best of several noisy ones looks better than it
    is. Refused, with the first reason, when none is an estimate; those refused are left out with a caution.
    """
    there = [(place, number) for place, number in enumerate(numbers) if isinstance(number, Estimate)]
    if not there:
        reasons = [number.refused for number in numbers if isinstance(number, Refusal)]
        return Refusal(refused=reasons[0] if reasons else "there is none to choose from"), 0
    best, top = max(there, key=lambda entry: entry[1].value)
    lows = [number.low for _, number in there if number.low is not None]
    highs = [number.high for _, number in there]
    high = None if None in highs else max(end for end in highs if end is not None)
    missing = len(numbers) - len(there)
    method = top.method if len(there) == 1 else f"largest of {len(there)}, intervals held jointly (Bonferroni)"
    caution = caution_of(top.caution, f"{missing} of {len(numbers)} could not be stated" if missing else "")
    found = Estimate(
        value=top.value, low=max(lows) if lows else None, high=high, level=level, n=top.n, method=method,
        caution=caution,
    )  # fmt: skip
    return found, best


def break_even(fit: CurveFit | Refusal, recovery: Number, spent: float) -> Number:
    """Estimate how many times more queries were spent than an undefended teacher needs for the same recovery.

    Args:
        fit: dose-response curve of the same student undefended.
        recovery: what the defended student recovered.
        spent: queries it put to the defended teacher.

    The curve is read at both ends of `recovery` and its own ends are taken there, so the interval holds at least at its
    level. `high` None: the recovery may be had below a tenth of the smallest dose fitted.
    """
    if isinstance(fit, Refusal):
        return fit
    if isinstance(recovery, Refusal):
        return recovery
    middle = fit.dose_to(recovery.value)
    least = fit.dose_to(recovery.low) if recovery.low is not None else None
    most = fit.dose_to(recovery.high) if recovery.high is not None else None
    high = spent / least.low if isinstance(least, Estimate) and least.low is not None else None
    low = spent / most.high if isinstance(most, Estimate) and most.high is not None else None
    if not isinstance(middle, Estimate) or (low is None and high is None):
        return Refusal(
            refused="break-even not identified: no dose of the undefended teacher within the curve's reach brackets it"
        )
    value = spent / middle.value
    return Estimate(
        value=value, low=None if low is None else min(low, value), high=None if high is None else max(high, value),
        level=recovery.level, n=recovery.n,
        method="queries spent over the undefended dose of equal recovery, both intervals taken at their ends",
        caution=caution_of(recovery.caution, middle.caution if high is not None else ""),
    )  # fmt: skip


def relative_time(own: Sequence[float], others: Sequence[float], *, level: float) -> Number:
    """Estimate the ratio of two mean times from batches measured in turn; t interval of the log-ratios.

    Refused with fewer than 3 batches.
    """
    first, second = np.asarray(own, dtype=np.float64), np.asarray(others, dtype=np.float64)
    n = first.size
    if n < 3 or n != second.size or first.min() <= 0 or second.min() <= 0:  # noqa: PLR2004 - a spread that means something
        return Refusal(refused=f"{n} timed batches; a ratio of times needs 3")
    logs = np.log(first / second)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * logs.std(ddof=1) / np.sqrt(n))
    middle = float(logs.mean())
    return Estimate(
        value=float(np.exp(middle)), low=float(np.exp(middle - half)), high=float(np.exp(middle + half)), level=level,
        n=n, method="t interval of log-ratios of batches timed in turn",
        caution="wall time on one machine, under whatever else it did",
    )  # fmt: skip


def relative_diversity(own: Sequence[str], others: Sequence[str], *, level: float, n: int = 2) -> Number:
    """Estimate distinct-n of some texts over that of others, n-grams of characters.

    Distinct-n is distinct n-grams over all n-grams (Li et al. 2016, arXiv 1510.03055, section 5.3); it falls with the
    length of the text, so both are cut to the same number of n-grams. Error by leaving out groups in turn (jackknife,
    Efron & Tibshirani 1993, chapter 11). Refused where either says too little.
    """
    rows = [[_grams(text, n) for text in texts] for texts in (own, others)]
    size = min(sum(map(len, of)) for of in rows)
    if min(len(of) for of in rows) < GROUPS or size < GROUPS * n:
        return Refusal(refused="too little text was delivered to count distinct n-grams")
    whole = _distinct(rows[0], size) / _distinct(rows[1], size)
    cut = size * (GROUPS - 1) // GROUPS
    draws = np.array(
        [_distinct(_without(rows[0], g), cut) / _distinct(_without(rows[1], g), cut) for g in range(GROUPS)]
    )
    error = float(np.sqrt((GROUPS - 1) / GROUPS * ((draws - draws.mean()) ** 2).sum()))
    half = float(stats.t.ppf(0.5 + level / 2, GROUPS - 1)) * error
    return Estimate(
        value=whole, low=max(0.0, whole - half), high=whole + half, level=level, n=len(own),
        method=f"distinct {n}-grams of characters at equal length; jackknife over {GROUPS} groups of replies",
    )  # fmt: skip


def mixture(first: FloatArray, second: FloatArray, share: float) -> FloatArray:
    """Give (seeds, items) scores of a student that learned from `first` or, with probability `share`, from `second`."""
    return (1 - share) * first + share * second


def _grams(text: str, n: int) -> list[str]:
    return [text[k : k + n] for k in range(len(text) - n + 1)]


def _without(rows: Sequence[list[str]], group: int) -> list[list[str]]:
    return [row for k, row in enumerate(rows) if k % GROUPS != group]


def _distinct(rows: Sequence[list[str]], size: int) -> float:
    flat = [gram for row in rows for gram in row][:size]
    return len(Counter(flat)) / max(1, len(flat))
