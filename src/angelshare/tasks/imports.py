"""Scores that another harness already made: Inspect logs and lm-eval results, item by item."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record
from angelshare.core.records import Score
from angelshare.store.files import storage_errors
from angelshare.tasks.archive import inspect_parts, parsed

T = TypeVar("T")
INSPECT_VERSION: Final = 2
INSPECT_VALUES: Final = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""How Inspect itself turns letter grades into numbers (inspect_ai.scorer.value_to_float)."""
INSPECT_CUT: Final = ("max_tokens", "model_length")
"""Stop reasons that mean the reply hit a length limit."""


@record
class ImportedScores:
    """One model's item-level scores on one task, from another harness."""

    model: str
    """The model as the log names it."""

    task: str
    """The task as the log names it; also the domain of every score."""

    source: str
    """The file."""

    metric: str
    """The per-item metric; "value" for Inspect, whose scorers have one."""

    strict_by: str
    """Scorer or filter read as the strict extractor."""

    flexible_by: str
    """Scorer or filter read as the flexible one; the same name means the extractor confound cannot be told."""

    scores: Sequence[Score]
    """One per item and draw; the style vector is empty."""

    skipped: Sequence[str]
    """Items the log holds without a score (errors, limits), each with the reason."""

    def called(self, source: str) -> ImportedScores:
        """Give the same scores under another name for the file."""
        return dataclasses.replace(self, source=source)


class Sides(NamedTuple):
    """Which scorers stand for the two extractors."""

    strict: str
    flexible: str


def read_inspect_log(path: Path, *, strict: str = "", flexible: str = "") -> ImportedScores:
    """Read an Inspect log (`.eval` or `.json`).

    Args:
        path: the log.
        strict: name of the scorer that stands for the strict extractor; may be left out when there is only one.
        flexible: the same for the flexible extractor; either alone serves as both.

    Raises PlanError for a file that is no finished log, a scorer it lacks, or a value outside [0, 1]; StorageError,
    MissingExtraError (zstandard-compressed logs).
    """
    header, samples = inspect_parts(path)
    where = str(path)
    if _need(header, "version", int, where) != INSPECT_VERSION:
        raise PlanError(
            f"{where}: Inspect log version {header['version']}, not {INSPECT_VERSION}; convert it: inspect log convert"
        )
    if _need(header, "status", str, where) != "success":
        raise PlanError(f"{where}: the run's status is '{header['status']}'; only a finished run's scores can be read")
    evaluation = _need(header, "eval", dict, where)
    model, task = _need(evaluation, "model", str, where), _need(evaluation, "task", str, where)
    sides, scores, skipped = None, [], []
    for sample in samples:
        place = f"{where}: sample {sample.get('id')}, epoch {sample.get('epoch')}"
        given = sample.get("scores") or {}
        if not given or sample.get("error"):
            skipped.append(f"{sample.get('id')}: {'error' if sample.get('error') else 'no score'}")
            continue
        sides = sides or _sides(list(given), strict, flexible, where=where, what="scorer")
        scores.append(_inspect_score(sample, sides, task, place))
    if sides is None:
        raise PlanError(f"{where}: none of its {len(skipped)} samples has a score")
    return _imported((model, task, "value"), path, sides=sides, scores=scores, skipped=skipped)


def read_lm_eval(path: Path, *, metric: str = "", strict: str = "", flexible: str = "") -> ImportedScores:
    """Read one task's `samples_….jsonl` as lm-eval writes it with --log_samples; its `results_….json` names the model.

    Args:
        path: the samples file, beside its results file.
        metric: the per-item metric; may be left out when there is only one.
        strict: name of the filter that stands for the strict extractor; `strict-match` if that and
            `flexible-extract` are there, else the only one.
        flexible: the same for the flexible extractor; either alone serves as both.

    Raises PlanError for a wrong line, a metric or filter it lacks, or a value outside [0, 1]; StorageError.
    """
    lines = list(_lines(path))
    if not lines:
        raise PlanError(f"{path}: no samples; run lm-eval with --log_samples")
    task, stamp = _names(path)
    rows: dict[tuple[str, int], dict[str, Mapping[str, Any]]] = {}
    for number, line in enumerate(lines, start=1):
        key = (
            _need(line, "doc_hash", str, f"{path}, line {number}"),
            _need(line, "doc_id", int, f"{path}, line {number}"),
        )
        rows.setdefault(key, {})[_need(line, "filter", str, f"{path}, line {number}")] = line
    sides = _sides(_filters(rows.values(), path), strict, flexible, where=str(path), what="filter")
    metric = _metric(lines[0], metric, str(path))
    repeats = Counter(doc_hash for doc_hash, _ in rows)
    scores = [
        _lm_score(key, row, sides, metric=metric, task=task, path=path, twice=repeats[key[0]] > 1)
        for key, row in rows.items()
    ]
    return _imported((_lm_model(path, stamp), task, metric), path, sides=sides, scores=scores, skipped=[])


def inspect_task(path: Path) -> str:
    """Name the task of an Inspect log; raises as `read_inspect_log`."""
    header, _ = inspect_parts(path)
    return str(_need(_need(header, "eval", dict, str(path)), "task", str, str(path)))


def lm_eval_task(path: Path) -> str:
    """Name the task of an lm-eval samples file; raises PlanError unless it is named like one."""
    return _names(path)[0]


def _inspect_score(sample: Mapping[str, Any], sides: Sides, task: str, place: str) -> Score:
    given = _need(sample, "scores", dict, place)
    values = [
        _inspect_value(_need(given, name, dict, f"{place}: scores").get("value"), f"{place}: {name}") for name in sides
    ]
    output = sample.get("output") or {}
    text = output.get("completion")
    choices = output.get("choices") or [{}]
    reason = choices[0].get("stop_reason")
    if text is None:  # older logs leave the shortcut out
        text = _content((choices[0].get("message") or {}).get("content", ""))
    return Score(
        item=str(_need(sample, "id", str | int, place)), domain=task, ring="near", strict=values[0], flexible=values[1],
        answer=str(given[sides.flexible].get("answer") or ""), style=(), text=text, refused=reason == "content_filter",
        truncated=reason in INSPECT_CUT, draw=_need(sample, "epoch", int, place) - 1,
    )  # fmt: skip


def _inspect_value(value: object, where: str) -> float:
    if isinstance(value, str) and value in INSPECT_VALUES:
        return INSPECT_VALUES[value]
    return _unit(value, where)


def _content(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text", "") for part in parts if isinstance(part, dict) and part.get("type") == "text")


def _lm_score(
    key: tuple[str, int],
    row: Mapping[str, Mapping[str, Any]],
    sides: Sides,
    *,
    metric: str,
    task: str,
    path: Path,
    twice: bool,
) -> Score:
    place = f"{path}: doc_id {key[1]}"
    for name in sides:
        if name not in row:
            raise PlanError(f"{place}: no line for filter '{name}'; the file is incomplete, run lm-eval again")
    values = [_unit(row[name].get(metric), f"{place}, filter {name}: {metric}") for name in sides]
    chosen = row[sides.flexible]
    # the document's hash outlives a change of order; documents that come twice are told apart by their number
    identity = f"{key[0]}-{key[1]}" if twice else key[0]
    return Score(
        item=identity, domain=task, ring="near", strict=values[0], flexible=values[1],
        answer=_first_text(chosen.get("filtered_resps")), style=(), text=_first_text(chosen.get("resps")),
    )  # fmt: skip


def _first_text(nested: object) -> str:
    """Give the first text in lm-eval's nested lists; "" for a multiple-choice item, which has only log-likelihoods."""
    while isinstance(nested, list):
        if len(nested) > 1 and all(isinstance(entry, list) for entry in nested):
            return ""
        nested = nested[0] if nested else ""
    return nested if isinstance(nested, str) else ""


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with storage_errors(path, "read this file"):
        text = path.read_bytes()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield parsed(line, f"{path}, line {number}")


def _names(path: Path) -> tuple[str, str]:
    """Split `samples_TASK_STAMP.jsonl`."""
    head, _, stamp = path.stem.rpartition("_")
    if not path.stem.startswith("samples_") or not head.removeprefix("samples_") or path.suffix != ".jsonl":
        raise PlanError(f"{path}: not named samples_TASK_TIME.jsonl, as lm-eval names its samples files")
    return head.removeprefix("samples_"), stamp


def _lm_model(path: Path, stamp: str) -> str:
    results = path.with_name(f"results_{stamp}.json")
    with storage_errors(results, "read this file (it names the model)"):
        header = parsed(results.read_bytes(), str(results))
    return str(_need(header, "model_name", str, str(results)))


def _filters(rows: Any, path: Path) -> list[str]:  # noqa: ANN401 - a view of dicts
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise PlanError(f"{path}: no filters")
    return names


def _metric(line: Mapping[str, Any], wanted: str, where: str) -> str:
    listed = line.get("metrics")
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    if wanted and wanted not in names:
        raise PlanError(f"{where}: no metric '{wanted}'; {nearest(wanted, names)}")
    if not wanted and len(names) != 1:
        raise PlanError(f"{where}: {len(names)} metrics ({', '.join(names)}); name one with metric=")
    return wanted or names[0]


def _sides(names: Sequence[str], strict: str, flexible: str, *, where: str, what: str) -> Sides:
    for name in (strict, flexible):
        if name and name not in names:
            raise PlanError(f"{where}: no {what} '{name}'; {nearest(name, names)}")
    if strict or flexible:
        return Sides(strict or flexible, flexible or strict)
    if "strict-match" in names and "flexible-extract" in names:
        return Sides("strict-match", "flexible-extract")
    if len(names) > 1:
        raise PlanError(
            f"{where}: {len(names)} {what}s ({', '.join(names)}); name one or two with strict= and flexible="
        )
    return Sides(names[0], names[0])


def _imported(
    names: tuple[str, str, str], path: Path, *, sides: Sides, scores: Sequence[Score], skipped: Sequence[str]
) -> ImportedScores:
    """Put a log together; `names` are its model, task and metric."""
    model, task, metric = names
    twice = [key for key, n in Counter((score.item, score.draw) for score in scores).items() if n > 1]
    if twice:
        raise PlanError(f"{path}: item '{twice[0][0]}', draw {twice[0][1] + 1}, stands there more than once; keep one")
    return ImportedScores(
        model=model, task=task, source=str(path), metric=metric, strict_by=sides.strict, flexible_by=sides.flexible,
        scores=tuple(sorted(scores, key=lambda score: (score.item, score.draw))), skipped=tuple(skipped),
    )  # fmt: skip


def _unit(value: object, where: str) -> float:
    if not isinstance(value, bool | int | float) or not 0 <= float(value) <= 1:
        raise PlanError(f"{where}: {value!r} is not a score in [0, 1]; choose another scorer or metric")
    return float(value)


def _need(data: Mapping[str, Any], key: str, kind: Any, where: str) -> Any:  # noqa: ANN401 - checked here
    if key not in data:
        raise PlanError(f"{where}: no '{key}'; is this the right kind of log?")
    if not isinstance(data[key], kind):
        raise PlanError(
            f"{where}: '{key}' is {type(data[key]).__name__} {str(data[key])[:40]!r}, which it never is in such a log"
        )
    return data[key]
