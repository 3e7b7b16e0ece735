"""The real dated scores, where they are at hand, and small frontiers made by hand."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from angelshare.stats.spells import EPOCH, Series

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "delay"
"""Beside the project, never in it."""

END = "2026-08-22"


def day(text: str) -> float:
    return float((date.fromisoformat(text) - EPOCH).days)


def real_series(benchmark: str) -> Series:
    """Read one benchmark as the trial did: labelled rows only, followed to the day of the snapshot."""
    name = "eci_2026-08-22.csv" if benchmark == "ECI" else "epoch_benchmarks_2026-08-22.csv"
    if not (FOLDER / name).is_file():
        pytest.skip(f"{name} is not beside the project: real scores are not part of it")
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["benchmark"] == benchmark and row["weights"]]
    return Series(
        name=tuple(row["model"] for row in rows),
        day=np.array([day(row["release_date"]) for row in rows]),
        score=np.array([float(row["score"]) for row in rows]),
        # the index is fixed by the two models without an error
        sd=np.array([float(row["score_sd"] or ("0" if benchmark == "ECI" else "nan")) for row in rows]),
        open=np.array([row["weights"] == "open" for row in rows]),
        end_day=day(END),
    )


def without(series: Series, model: str) -> Series:
    keep = np.array([name != model for name in series.name])
    names = tuple(name for name in series.name if name != model)
    return Series(names, series.day[keep], series.score[keep], series.sd[keep], series.open[keep], series.end_day)


def made(*models: tuple[str, str, float, str], end: str = "2025-01-01", sd: float = float("nan")) -> Series:
    """Build a series from (name, release, score, weights)."""
    names, days, scores, weights = zip(*models, strict=True)
    return Series(
        name=names,
        day=np.array([day(text) for text in days]),
        score=np.array(scores, dtype=float),
        sd=np.full(len(names), sd),
        open=np.array([weight == "open" for weight in weights]),
        end_day=day(end),
    )
