"""When requests come: the weekly shapes of many clients, real where there is a data folder, and clocks of groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.detect.schema import BINS
from angelshare.detect.world.shapes import Clock

WEEK = 7
CLIENTS = 200
"""Weekly shapes of the substitute."""
LEAST_BINS = 200
"""Active bins a real client needs to have a shape of its own."""
CLOCKS: tuple[Clock, ...] = ("office", "night", "round-the-clock")
"""Clocks of groups, after the clients' shapes in the table; `people` uses a client's."""
HOUR = BINS // 24
_SMOOTH = np.array([0.25, 0.5, 0.25])


def weekly(data: Path | None, rng: Generator) -> NDArray[np.float64]:
    """Give cumulative shares of a day's requests by ten-minute bin.

    Args:
        data: folder with `traces/servegen_client_rates.parquet` (per-client rates of a production service,
            ServeGen, arXiv 2505.09999); None draws the substitute.
        rng: the caller owns the seed.

    Returns (7, profiles, 144) rising to 1; Monday first. The last three profiles are `CLOCKS`.
    """
    clients = _substitute(rng) if data is None else _real(data)
    table = np.concatenate([clients, np.stack([_clock(clock) for clock in CLOCKS])])
    days = np.moveaxis(table.reshape(len(table), WEEK, BINS), 1, 0) + 1e-9
    return np.asarray(np.cumsum(days, axis=2) / days.sum(axis=2, keepdims=True))


def _real(data: Path) -> NDArray[np.float64]:
    path = data / "traces" / "servegen_client_rates.parquet"
    if not path.is_file():
        raise PlanError(f"{path}: no such file; a data folder holds traces/servegen_client_rates.parquet")
    table = pq.read_table(path, columns=["model", "client", "t_sec", "rate_per_s"])
    model = table["model"].combine_chunks().cast("string").to_numpy(zero_copy_only=False)
    _, code = np.unique(model.astype(str), return_inverse=True)
    _, who = np.unique(code * 1000 + table["client"].to_numpy().astype(np.int64), return_inverse=True)
    bins = (table["t_sec"].to_numpy().astype(np.int64) // 600) % (WEEK * BINS)
    shapes = np.zeros((int(who.max()) + 1, WEEK * BINS))
    np.add.at(shapes, (who, bins), table["rate_per_s"].to_numpy())
    seen = np.bincount(who)
    kept = shapes[seen >= LEAST_BINS]
    if not len(kept):
        raise PlanError(f"{path}: no client is active in {LEAST_BINS} bins; is the file whole?")
    smooth = sum(w * np.roll(kept, k, axis=1) for w, k in zip(_SMOOTH, (-1, 0, 1), strict=True))
    return np.asarray(smooth / smooth.sum(axis=1, keepdims=True))


def _substitute(rng: Generator) -> NDArray[np.float64]:
    """Draw clients with one or two peaks a day, quieter weekends and bursts: the forms the real series have."""
    hour = np.arange(BINS) / HOUR
    shapes = np.empty((CLIENTS, WEEK, BINS))
    for i in range(CLIENTS):
        peak, width, lift = rng.normal(14, 3), rng.uniform(2, 5), rng.uniform(0.02, 0.6)
        second = rng.uniform(0, 0.8) * np.exp(-(((hour - peak - 6 + 12) % 24 - 12) ** 2) / 4)
        day = lift + np.exp(-(((hour - peak + 12) % 24 - 12) ** 2) / (2 * width**2)) + second
        rest = rng.uniform(0.2, 1.2)
        noise = rng.gamma(2.0, 0.5, size=(WEEK, BINS))
        shapes[i] = day * noise * np.where(np.arange(WEEK) < 5, 1.0, rest)[:, None]  # noqa: PLR2004 - Saturday
    flat = shapes.reshape(CLIENTS, -1)
    return np.asarray(flat / flat.sum(axis=1, keepdims=True))


def _clock(clock: Clock) -> NDArray[np.float64]:
    hour = np.arange(BINS) / HOUR
    if clock == "office":
        return np.tile(np.where((hour >= 8) & (hour < 18), 1.0, 0.03), WEEK)  # noqa: PLR2004 - office hours
    if clock == "night":
        return np.tile(np.where((hour >= 1) & (hour < 3), 1.0, 0.005), WEEK)  # noqa: PLR2004 - nightly jobs
    return np.ones(WEEK * BINS)


def bins(
    table: NDArray[np.float64], profile: NDArray[np.int64], shift: NDArray[np.int64], rng: Generator
) -> NDArray[np.float64]:
    """Draw instants of one day.

    Args:
        table: (profiles, 144) cumulative shares of the day.
        profile: (rows,) which profile.
        shift: (rows,) bins by which the row's day lags UTC.
        rng: the caller owns the seed.

    Returns (rows,) seconds in [0, 86400).
    """
    flat = (table + np.arange(len(table))[:, None]).ravel()
    place = np.searchsorted(flat, profile + rng.random(len(profile)), side="right") - profile * BINS
    place = (np.clip(place, 0, BINS - 1) + shift) % BINS
    return np.asarray((place + rng.random(len(profile))) * (86400 / BINS))
