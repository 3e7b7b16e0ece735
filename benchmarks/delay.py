"""How long the delay panel takes, and its interval-censored fits beside scipy's on the same lags."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
from scipy import stats

from angelshare.stats.delay_fit import fit_lags

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "delay" / "eci_2026-08-22.csv"
ROUNDS, RESAMPLES, SPELLS = 5, 1000, 23


def lags(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw intervals around lags of about six months."""
    true = np.exp(rng.normal(np.log(6.0), 0.6, SPELLS))
    low = true * rng.uniform(0.3, 0.95, SPELLS)
    return low, true * rng.uniform(1.05, 1.6, SPELLS)


def measure() -> list[tuple[str, float, str]]:
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(ROUNDS):
        low, high = lags(rng)
        weight = rng.multinomial(SPELLS, np.full(SPELLS, 1 / SPELLS), size=RESAMPLES).astype(float)
        start = time.process_time()
        fit_lags(low, high, weight, law="lognormal")
        ours = (time.process_time() - start) / RESAMPLES
        start = time.process_time()
        with np.errstate(divide="ignore"):  # its search strays where the likelihood is 0
            stats.lognorm.fit(stats.CensoredData.interval_censored(low, high), floc=0)
        ratios.append((time.process_time() - start) / ours)
    scores = [str(REAL), "--benchmark", "ECI"] if REAL.is_file() else ["bundled:sample"]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "angelshare", "delay", *scores, "--bootstraps", "1000", "--json"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    said = "real scores" if REAL.is_file() else "the shipped sample"
    return [
        ("interval-censored fit: scipy's time over ours, batch of 1,000", median(ratios), "x, at least 10"),
        (f"delay panel, 17 rows, 1,000 bootstraps, {said}, start to end", time.perf_counter() - start, "s, at most 60"),
    ]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
