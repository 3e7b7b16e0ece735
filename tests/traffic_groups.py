"""Accounts for the tests of groups, made of arrays: everything that a test does not say is alike for all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse

from angelshare.detect.accounts import COLUMNS, Accounts
from angelshare.detect.columns import OPTIONAL
from angelshare.detect.link_tables import Links
from angelshare.detect.links import KEPT
from angelshare.detect.schema import RFF

DAYS = ("2026-09-21", "2026-09-22", "2026-09-23")
HOUR = 3_600_000_000
START = int(np.datetime64(DAYS[0], "us").astype(np.int64))


def made(n, *, columns=None, links=None, first=None, active=None, week=None, rff=None, plan=None, ids=None, days=DAYS):
    """Make `n` accounts of 20 requests a day each.

    `columns` gives (n,) arrays by name, `links` {kind: {value: {row: count}}}, `first` {kind: {value: {row: instant}}}.
    """
    active = np.full((n, len(days)), 20, dtype=np.int32) if active is None else np.asarray(active, dtype=np.int32)
    requests = active.sum(axis=1).astype(np.int64)
    filled = {name: np.zeros(n, dtype=np.int64) for name in COLUMNS}
    filled |= {name: requests.copy() for name in ("requests", "text_known", "status_known", "tokens_known", "rff_n")}
    filled |= {"first_at": np.full(n, START + HOUR), "last_at": np.full(n, START + len(days) * 24 * HOUR - HOUR)}
    filled |= {"created_at": np.full(n, START - 90 * 24 * HOUR), "distinct_api_key": np.ones(n, dtype=np.int64)}
    filled |= {name: np.asarray(values, dtype=np.int64) for name, values in (columns or {}).items()}
    if week is None:
        week = np.zeros((n, 168), dtype=np.int32)
        week[:, [9, 10, 13, 33, 34, 37]] = 10
    if rff is None:
        rff = np.ones((n, RFF)) * requests[:, None] / RFF
    return Accounts(
        ids=np.array([f"a{row:06}" for row in range(n)] if ids is None else ids, dtype=np.object_), days=list(days),
        columns=filled, known={name: np.ones(n, dtype=bool) for name in OPTIONAL}, active=active,
        week=np.asarray(week, dtype=np.int32), rff=np.asarray(rff, dtype=np.float32),
        plan=np.array([None] * n if plan is None else plan, dtype=np.object_),
        links={kind: _links(kind, n, (links or {}).get(kind, {}), (first or {}).get(kind, {})) for kind in KEPT},
    )  # fmt: skip


def _links(kind, n, values, first):
    names = sorted(values)
    counts = np.zeros((n, len(names)), dtype=np.int64)
    at = np.full((n, len(names)), START, dtype=np.int64)
    for column, name in enumerate(names):
        for row, times in values[name].items():
            counts[row, column] = times
        for row, instant in first.get(name, {}).items():
            at[row, column] = instant
    matrix = sparse.csr_matrix(counts)
    rows = np.repeat(np.arange(n), np.diff(matrix.indptr))
    return Links(kind=kind, values=pa.array(names, pa.string()), counts=matrix, first_at=at[rows, matrix.indices])


def rows(*places):
    """Give rows as a group."""
    return np.array(places, dtype=np.intp)


def shared(groups, *, times=5):
    """Give links in which each group of rows shares one value of its own."""
    return {f"v{index}": dict.fromkeys(group, times) for index, group in enumerate(groups)}


def nobody():
    """Make a history of other accounts."""
    return made(30, ids=[f"z{row:03}" for row in range(30)])
