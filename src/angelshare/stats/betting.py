"""A test that may be looked at after every text: wealth of a bet against chance, valid at any stopping time.

The bettor spreads one unit over every strength a mark may have and holds on. If there is no mark the expected wealth is
at most 1 at every moment, and it passes 1/alpha with probability at most alpha, ever (Ville 1939; Shafer 2021, JRSS A
184, section 2). So 1 / (largest wealth so far) is a p-value that needs no sample size fixed beforehand.

The mixtures have closed forms in the tails of `stats/tails.py` (Robbins 1970, Annals of Mathematical Statistics 41,
"Statistical methods related to the law of the iterated logarithm"; betting: Waudby-Smith & Ramdas 2024, JRSS B 86).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from angelshare.core.marks import Law, MarkEvidence, Tally
from angelshare.stats.marks import probability
from angelshare.stats.panel import FloatArray
from angelshare.stats.tails import LN10, log10_binomial_cdf, log_binomial_mass, log_gamma_cdf, log_gamma_density


class Bet:
    """The running wealth of one bet; feed it the tally of each batch as it comes."""

    def __init__(self, law: Law, rate: float = 1.0) -> None:
        """Open with wealth 1; `rate` is the probability of a green draw without a mark (binomial)."""
        self.law: Law = law
        self.rate = rate
        self.n = 0
        self.statistic = 0.0
        self.batches = 0
        self.log_e = 0.0
        self.highest = 0.0

    def feed(self, batch: Tally) -> float:
        """Add the draws of one batch, all scored for the first time; return ln wealth.

        Raises ValueError when the batch follows another law than the bet was opened on.
        """
        if batch.law != self.law or (self.law == "binomial" and batch.rate != self.rate):
            raise ValueError(f"a bet on {self.law} draws of rate {self.rate} was fed {batch.law} of rate {batch.rate}")
        self.n += batch.n
        self.statistic += batch.statistic
        self.batches += 1
        self.log_e = float(log_wealth(self.statistic, self.n, law=self.law, rate=self.rate))
        self.highest = max(self.highest, self.log_e)
        return self.log_e

    @property
    def log10_p_value(self) -> float:
        """Give log10 of the anytime-valid p-value: one over the largest wealth so far."""
        return -self.highest / LN10

    def evidence(self, *, test: str, null: str) -> MarkEvidence:
        """Say where the bet stands; it may be asked after every batch."""
        return MarkEvidence(
            test=f"{test}, anytime-valid after {self.batches} looks",
            statistic=self.statistic,
            p_value=probability(self.log10_p_value),
            log10_p_value=self.log10_p_value,
            decoy_p_value=None,
            decoys=0,
            n=self.n,
            null=null,
            caution="" if self.n else "no draw could be scored",
        )


def log_wealth(statistic: ArrayLike, n: ArrayLike, *, law: Law, rate: float = 1.0) -> FloatArray:
    """Give ln wealth after n draws.

    Args:
        statistic: green draws, or sums of unit exponentials; broadcasts with `n`.
        n: draws.
        law: of the draws without a mark.
        rate: probability of a green draw without a mark (binomial).

    Binomial: the likelihood ratio averaged over green rates uniform on (rate, 1). Gamma: averaged over exponentials of
    rate uniform on (0, 1), that is of mean above 1.
    """
    if law == "binomial":
        return _binomial_wealth(np.asarray(statistic, dtype=np.float64), np.asarray(n, dtype=np.float64), rate)
    return _gamma_wealth(np.asarray(statistic, dtype=np.float64), np.asarray(n, dtype=np.float64))


def _binomial_wealth(green: FloatArray, n: FloatArray, rate: float) -> FloatArray:
    """Average (t/g)^G ((1-t)/(1-g))^(n-G) over t in (g, 1): a beta integral, its tail the binomial's (DLMF 8.17.5)."""
    above = log10_binomial_cdf(green, n + 1, rate) * LN10
    return np.asarray(above - np.log(n + 1) - log_binomial_mass(green, n, rate) - math.log1p(-rate))


def _gamma_wealth(total: FloatArray, n: FloatArray) -> FloatArray:
    """Average t^n e^((1-t) S) over t in (0, 1): n! e^S / S^(n+1) times the lower tail of n + 1 draws at S."""
    total = np.maximum(total, 1e-12)  # a sum of 0 is a limit; this near to it nothing changes
    return log_gamma_cdf(total, n + 1) - log_gamma_density(total, n + 1) - np.log(total)
