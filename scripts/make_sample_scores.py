"""Write the made-up scores that travel with the package: `python scripts/make_sample_scores.py`.

Nothing in them is measured. Two frontiers grow at one rate, open weights about six months behind; models and
developers are invented. The file shows the layout, and lets the examples of docs/delay.md run.
"""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import csv
import datetime as dt
import math
from pathlib import Path

import numpy as np

TARGET = Path(__file__).resolve().parents[1] / "src/angelshare/govern/sample_scores.csv"
SEED = 20261124
BENCHMARKS = (
    # name, area, access, difficulty in months after 2023-01, months of lag, items
    ("made-up sums", "mathematics", "public", 20.0, 5.0, 400),
    ("made-up proofs", "mathematics", "private", 32.0, 8.0, 200),
    ("made-up patches", "coding", "public", 26.0, 5.5, 300),
    ("made-up errands", "agentic", "private", 36.0, 9.0, 150),
)
MAKERS = {"closed": ("Alder", "Birch", "Cedar"), "api_only": ("Dogwood",), "open": ("Elm", "Fir", "Gorse")}
COLUMNS = (
    "model", "developer", "weights", "release_date", "benchmark", "score", "score_sd", "unit", "area", "access"
)  # fmt: skip


def rows() -> list[list[str]]:
    """Make the table: every model on every benchmark, scores from a logistic curve in its month of ability."""
    rng = np.random.default_rng(SEED)
    out = []
    for weights, count in (("closed", 26), ("api_only", 6), ("open", 24), ("", 2)):
        for k in range(count):
            month = 2 + 41 * (k + float(rng.random())) / count
            maker = MAKERS[weights or "open"][k % len(MAKERS[weights or "open"])]
            released = dt.date(2023, 1, 1) + dt.timedelta(days=round(month * 30.4375))
            luck = float(rng.normal(0, 1.5))
            for name, area, access, middle, lag, items in BENCHMARKS:
                ability = month + luck - (lag if weights == "open" else 0.0)
                share = 1 / (1 + math.exp(-(ability - middle) / 6))
                score = rng.binomial(items, share) / items
                sd = math.sqrt(max(score * (1 - score), 1e-4) / items)
                out.append([
                    f"{maker}-{weights or 'unlabelled'}-{k + 1}", maker, weights, released.isoformat(), name,
                    f"{100 * score:.2f}", f"{100 * sd:.2f}", "percent", area, access,
                ])  # fmt: skip
    return out


def main() -> None:
    """Write the file."""
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows())


if __name__ == "__main__":
    main()
