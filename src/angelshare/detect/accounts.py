"""Accounts over some days, as arrays: sums of their account-day sketches, and what links them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.detect.columns import FIXED_POINT, FOLDS, HOURS, OPTIONAL, WAVES
from angelshare.detect.link_tables import Links, load_links
from angelshare.detect.sketch import Folder
from angelshare.store.files import storage_errors

Whole: TypeAlias = NDArray[np.int64]
WEEK_H, DAYS_A_WEEK, THURSDAY = 168, 7, 3
"""Day 0, 1970-01-01, was a Thursday; weeks begin on Monday."""
EMPTY: Mapping[str, int] = {"min": np.iinfo(np.int64).max, "max": np.iinfo(np.int64).min, "sum": 0}
"""What folding begins with."""
COLUMNS = tuple(name for name in FOLDS if name not in HOURS and name not in WAVES)
"""Columns that `Accounts.columns` has; hours and features have arrays of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """N accounts over D days; row i of everything is account i. Sums of two periods merge as their sketches do."""

    ids: NDArray[np.object_]
    """(N,) account ids, sorted."""

    days: Sequence[str]
    """The D days that have sketches, as ISO dates, in order."""

    columns: Mapping[str, Whole]
    """(N,) by name, see `columns.FOLDS`; sums over days, or the most or least of any day."""

    known: Mapping[str, NDArray[np.bool_]]
    """(N,) for the columns of `columns.OPTIONAL`: whether there is anything to say; where not, the column holds 0."""

    active: NDArray[np.int32]
    """(N, D) requests by day."""

    week: NDArray[np.int32]
    """(N, 168) requests by hour of the week, UTC, from Monday 0:00."""

    rff: NDArray[np.float32]
    """(N, RFF) sums of random Fourier features: the mean over accounts is their rows' sum over their `rff_n`'s sum."""

    plan: NDArray[np.object_]
    """(N,) plan on the last day that names one, or None."""

    links: Mapping[str, Links]
    """By kind, see `links.KEPT`: which account used which value, and how often."""

    def __len__(self) -> int:
        return len(self.ids)

    def share(self, count: str, of: str = "requests") -> NDArray[np.float64]:
        """Give `count` over `of` by account; masked rows, where `of` is 0, hold -1, which no share is."""
        part, whole = self.columns[count], self.columns[of]
        shares: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(self), -1.0), where=whole > 0)
        return shares


def load(state: Folder, first: str, last: str, *, kinds: Sequence[str] | None = None) -> Accounts:
    """Add up the sketches of the days from `first` to `last`, both included, as ISO dates.

    Args:
        state: the folder that `update` wrote to.
        first: first day.
        last: last day.
        kinds: kinds of link to load; all of `links.KEPT` when None.

    Raises PlanError if no day between has a sketch or a date is none.
    """
    files = _files(state.folder / "days", first, last)
    ids = _account_ids(files)
    built = _Sums(ids, len(files))
    for column, path in enumerate(files):
        with storage_errors(path, "read this file"):
            built.add(pq.ParquetFile(path), column)
    linked = [state.folder / "links" / path.name for path in files]
    return built.finished([path.stem for path in files], load_links(linked, ids, kinds, spill=state.folder / "scratch"))


def _files(folder: Path, first: str, last: str) -> list[Path]:
    try:
        low, high = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise PlanError(f"'{first}' to '{last}': {error}; write days like 2026-09-21") from None
    found = sorted(path for path in folder.glob("*.parquet") if low.isoformat() <= path.stem <= high.isoformat())
    if not found:
        raise PlanError(f"{folder}: no day from {low} to {high} has been sketched; ingest its logs first")
    return found


def _account_ids(files: Sequence[Path]) -> pa.StringArray:
    """Give every account id once, sorted by its bytes, as the engines sort."""
    seen: pa.Array = pa.array([], pa.string())
    for path in files:
        with storage_errors(path, "read this file"):
            column = pq.read_table(path, columns=["account_id"])["account_id"]
        seen = pc.unique(pa.chunked_array([seen, *column.chunks], pa.string()))
    return seen.take(pc.sort_indices(seen))


class _Sums:
    """Arrays that the sketches of one day after another are folded into."""

    def __init__(self, ids: pa.StringArray, days: int) -> None:
        n = len(ids)
        self.ids = ids
        self.columns = {name: np.full(n, EMPTY[FOLDS[name]], dtype=np.int64) for name in COLUMNS}
        self.active = np.zeros((n, days), dtype=np.int32)
        self.week = np.zeros((n, WEEK_H), dtype=np.int32)
        self.rff = np.zeros((n, len(WAVES)), dtype=np.float64)
        self.plan = np.full(n, None, dtype=np.object_)

    def add(self, file: pq.ParquetFile, column: int) -> None:
        """Fold one day's file in, a batch at a time."""
        for batch in file.iter_batches():
            # an account has one row in a batch, or an indexed sum would keep its last row alone
            rows = pc.index_in(batch["account_id"], self.ids).to_numpy()
            for name in COLUMNS:
                fold = FOLDS[name]
                values = pc.fill_null(batch[name], pa.scalar(EMPTY[fold], pa.int64())).to_numpy()
                self.columns[name][rows] = _FOLDING[fold](self.columns[name][rows], values)
            self.active[rows, column] += batch["requests"].to_numpy().astype(np.int32)
            monday = ((batch["day"].to_numpy() + THURSDAY) % DAYS_A_WEEK) * len(HOURS)
            for hour, name in enumerate(HOURS):
                self.week[rows, monday + hour] += batch[name].to_numpy().astype(np.int32)
            for wave, name in enumerate(WAVES):
                self.rff[rows, wave] += batch[name].to_numpy() / FIXED_POINT
            plans = batch["plan"].to_numpy(zero_copy_only=False)
            named = plans != None  # noqa: E711 - element by element
            self.plan[rows[named]] = plans[named]

    def finished(self, days: Sequence[str], links: Mapping[str, Links]) -> Accounts:
        """Give what was folded."""
        known = {name: self.columns[name] != EMPTY[FOLDS[name]] for name in OPTIONAL}
        filled = {name: np.where(known[name], self.columns[name], 0) for name in OPTIONAL}
        return Accounts(
            ids=self.ids.to_numpy(zero_copy_only=False), days=days, columns=self.columns | filled, known=known,
            active=self.active, week=self.week, rff=self.rff.astype(np.float32), plan=self.plan, links=links,
        )  # fmt: skip


_FOLDING = {"sum": np.add, "max": np.maximum, "min": np.minimum}


def days_before(day: str, n: int) -> tuple[str, str]:
    """Give the first and last of the `n` days before `day`: the history that a current period is held against."""
    at = date.fromisoformat(day)
    return (at - timedelta(days=n)).isoformat(), (at - timedelta(days=1)).isoformat()
