"""Ranks against a benign reference: p-values that need no model, and rates of rare events with exact intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from angelshare.core.records import Estimate
from angelshare.stats.panel import FloatArray

EXACT = "Garwood interval of a Poisson count"
BINOMIAL = "Clopper-Pearson interval"


def conformal_p(scores: ArrayLike, reference: ArrayLike) -> FloatArray:
    """Give (1 + reference scores at least as large) / (n + 1): at most a uniform variable if all are exchangeable.

    Args:
        scores: any shape; larger is more suspicious.
        reference: (n,) scores of benign groups; with none every p-value is 1.

    Source: Vovk, Gammerman & Shafer 2005, Algorithmic Learning in a Random World, section 2.2 (conformal p-values).
    """
    held = np.sort(np.asarray(reference, dtype=np.float64))
    larger = held.size - np.searchsorted(held, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray((1.0 + larger) / (held.size + 1.0), dtype=np.float64)


def quantile_of(scores: ArrayLike, reference: ArrayLike) -> FloatArray:
    """Give the share of the reference that lies below each score; 0 where there is no reference."""
    held = np.sort(np.asarray(reference, dtype=np.float64))
    below = np.searchsorted(held, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray(below / max(held.size, 1), dtype=np.float64)


def rate(count: int, exposure: float, *, per: float = 1.0, level: float = 0.95) -> Estimate:
    """Estimate events per `per` units from `count` events in `exposure` units, exactly for a Poisson count.

    Args:
        count: events seen.
        exposure: units watched, such as days; above 0.
        per: units the rate is for.
        level: of the interval; with no event it is one-sided, from 0.

    Source: Garwood 1936, Biometrika 28, 437-442, by chi-square quantiles.
    """
    from scipy.stats import chi2  # noqa: PLC0415 - scipy is slow to import

    tail = (1.0 - level) if count == 0 else (1.0 - level) / 2
    scale = per / exposure
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * count)) / 2
    high = float(chi2.ppf(1.0 - tail, 2 * count + 2)) / 2
    return Estimate(
        value=count * scale, low=low * scale, high=high * scale, level=level, n=count, method=f"{EXACT}, n its events"
    )


def share(count: int, n: int, *, level: float = 0.95) -> Estimate:
    """Estimate a proportion from `count` of `n` independent trials, exactly; n above 0.

    Source: Clopper & Pearson 1934, Biometrika 26, 404-413.
    """
    from scipy.stats import beta  # noqa: PLC0415 - scipy is slow to import

    tail = (1.0 - level) if count in (0, n) else (1.0 - level) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, n - count + 1))
    high = 1.0 if count == n else float(beta.ppf(1.0 - tail, count + 1, n - count))
    return Estimate(value=count / n, low=low, high=high, level=level, n=n, method=BINOMIAL)
