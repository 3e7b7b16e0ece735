"""Files of the published window protocol (arXiv 2606.05725): pairs of queries, and score files scored again."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import LogError
from angelshare.core.records import Estimate
from angelshare.stats.conformal import share
from angelshare.stats.windows import auc

COLUMNS = ("split", "attacker_ratio", "score", "suspicious")
"""Columns of a score file that are needed."""


@dataclass(frozen=True)
class Pair:
    """Queries of one pair."""

    name: str
    """Name of its folder."""

    normal: Sequence[str]
    """Queries of ordinary use."""

    attacker: Sequence[str]
    """Queries that a published extraction method makes."""


@dataclass(frozen=True)
class Scores:
    """A score file: one entry per window in every array."""

    share: NDArray[np.float64]
    """Share of the window's queries that are the attacker's; 0 in held-out benign windows."""

    score: NDArray[np.float64]
    """Its score; larger is more suspicious."""

    flagged: NDArray[np.bool_]
    """Whether the file's own threshold flags it."""


@dataclass(frozen=True)
class Rescored:
    """What a score file comes to."""

    false_positives: Estimate
    """Benign windows flagged at the file's own threshold: the realised rate, whatever the nominal one."""

    detected: Mapping[float, Estimate]
    """Windows flagged, by share of the attacker's queries."""

    auc: Mapping[float, Estimate]
    """Chance that a window of that share scores above a benign one."""


def read_pair(folder: Path) -> Pair:
    """Read `normal/queries.jsonl` and `attacker/queries.jsonl` of a pair, one object with `query` per line.

    A normal file that lies in parts (`normal_parts/*.part`) is put together first, in the order of their names.

    Raises LogError with file and line of what cannot be read.
    """
    return Pair(name=folder.name, normal=_queries(folder, "normal"), attacker=_queries(folder, "attacker"))


def _queries(folder: Path, side: str) -> list[str]:
    whole = folder / side / "queries.jsonl"
    parts = [whole] if whole.is_file() else sorted((folder / f"{side}_parts").glob("*.part"))
    if not parts:
        raise LogError(f"{whole}: no such file, and no {side}_parts/*.part beside it")
    lines = b"".join(part.read_bytes() for part in parts).decode("utf-8", "replace").split("\n")
    found = [_query(line, f"{whole}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise LogError(f"{whole}: no queries in it")
    return found


def _query(line: str, where: str) -> str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise LogError(f"{where}: not JSON: {error.msg}; expected an object with 'query'") from None
    if not isinstance(row, dict) or not isinstance(row.get("query"), str):
        raise LogError(f"{where}: expected an object whose 'query' is a text, found {line[:60]!r}")
    return str(row["query"])


def read_scores(path: Path) -> Scores:
    """Read a `batch_scores.csv`.

    Raises LogError when a column is absent or a row cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        absent = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if absent:
            raise LogError(f"{path}: no column {absent}; a score file has {', '.join(COLUMNS)}")
        found = [_score(row, f"{path}, line {n}") for n, row in enumerate(rows, 2)]
    shares, scores, flagged = zip(*found, strict=True) if found else ((), (), ())
    if 0.0 not in shares:
        raise LogError(f"{path}: no benign windows in it; without them no rate of false positives is known")
    return Scores(share=np.array(shares), score=np.array(scores), flagged=np.array(flagged, dtype=bool))


def _score(row: Mapping[str, str], where: str) -> tuple[float, float, bool]:
    try:
        ratio, score = float(row["attacker_ratio"]), float(row["score"])
    except (TypeError, ValueError):
        raise LogError(
            f"{where}: expected numbers, found share {row['attacker_ratio']!r} and score {row['score']!r}"
        ) from None
    if not (np.isfinite(score) and 0 <= ratio <= 1):
        raise LogError(f"{where}: expected a finite score and a share in [0, 1], found {score} and {ratio}")
    if row["suspicious"] not in ("True", "False"):
        raise LogError(f"{where}: expected True or False, found {row['suspicious']!r}")
    return ratio, score, row["suspicious"] == "True"


def rescore(files: Sequence[Scores], *, rng: np.random.Generator) -> Rescored:
    """Score files again: realised false positives, detections and AUC by share, over all windows of all files.

    Intervals are for windows as they are in the files; those of one file overlap, so they say too much certainty.

    Raises LogError when no file is given.
    """
    if not files:
        raise LogError("no score files given; expected at least one")
    benign = np.concatenate([one.flagged[one.share == 0] for one in files])
    shares = sorted({float(s) for one in files for s in one.share if s > 0})
    flagged = {s: np.concatenate([one.flagged[one.share == s] for one in files]) for s in shares}
    return Rescored(
        false_positives=share(int(benign.sum()), len(benign)),
        detected={s: share(int(hits.sum()), len(hits)) for s, hits in flagged.items()},
        auc={
            s: auc([one.score[one.share == 0] for one in files], [one.score[one.share == s] for one in files], rng=rng)
            for s in shares
        },
    )
