"""From score files to checked scores: one scale per benchmark, one score per model, every exclusion counted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence

from angelshare.core.delay import DatedScore, Scores
from angelshare.core.errors import PlanError, nearest
from angelshare.core.record import record
from angelshare.core.records import Source
from angelshare.govern import layouts_boards, layouts_dated
from angelshare.govern.areas import known_benchmarks
from angelshare.govern.layouts import Extract, Reading, layout_of
from angelshare.govern.layouts_cells import Until, day_of
from angelshare.govern.scales import agreed_scale
from angelshare.store.sheet import Sheet

LAYOUTS = (*layouts_boards.LAYOUTS, *layouts_dated.LAYOUTS)
"""Every layout, in the order in which they are tried."""

MAIN = "eci"
"""A benchmark whose name begins so, in any case, comes first: an index of capability goes before single benchmarks."""


@record
class Checked:
    """Scores after checks, and the days between which they are known."""

    scores: Scores
    """What the files hold, after checks."""

    as_of: str
    """ISO date of the last day of the data: later matches are not known."""

    begins: Mapping[str, str]
    """By benchmark, the day up to which its file knows no release dates; records count from the day after."""

    ends: Mapping[str, str]
    """By benchmark, the last day on which something was scored on it, where that is earlier than `as_of`."""


def read_scores(sheets: Sequence[Sheet], *, as_of: str | None, today: dt.date, only: Sequence[str] = ()) -> Checked:
    """Read score files of any layout.

    Args:
        sheets: the files; their order does not matter.
        as_of: ISO date of the last day of the data; None takes the latest date that a file's name or rows give.
        today: no release is later.
        only: names of the benchmarks wanted; empty takes all.

    Raises PlanError for what cannot be read, UnknownKeyError for a column nobody knows; both name file and line.
    """
    until = Until(day=day_of(as_of, "--as-of"), name="--as-of") if as_of else Until(day=today, name="today")
    if until.day > today:
        raise PlanError(f"--as-of {until.day} is after today, {today}: nothing is known of it; give an earlier day")
    extracts = [layout_of(sheet, LAYOUTS).read(sheet, until) for sheet in sorted(sheets, key=lambda s: s.name)]
    groups = _wanted(_by_benchmark(extracts), only)
    unlabelled = sum(extract.unlabelled for extract in extracts)
    if not groups:
        raise PlanError(f"no labelled scores in {_names(sheets)}: {unlabelled} rows have blank weights; label them")
    groups, doubtful = _one_label(groups)
    benchmarks, scores, notes = [], [], [*(note for extract in extracts for note in extract.notes), *doubtful]
    for name, readings in groups.items():
        benchmarks.append(agreed_scale(name, readings))
        kept, said = _one_each(name, readings)
        scores += kept
        notes += said
    begins = {name: day for extract in extracts for name, day in extract.begins.items() if name in groups}
    ends = {name: day for extract in extracts for name, day in extract.ends.items() if name in groups}
    last, why = _last_day(until, as_of, sheets, [*ends.values(), *(score.released_on for score in scores)])
    return Checked(
        scores=Scores(
            scores=sorted(scores, key=lambda s: (s.released_on, s.benchmark, s.model)), benchmarks=benchmarks,
            unlabelled=unlabelled, notes=[why, *notes],
            sources=[Source(title=s.name, url=f"sha256:{s.sha256}") for s in sorted(sheets, key=lambda s: s.name)],
        ),
        as_of=last, begins=begins, ends={name: day for name, day in ends.items() if day < last},
    )  # fmt: skip


def _names(sheets: Sequence[Sheet]) -> str:
    return ", ".join(sorted(sheet.name for sheet in sheets))


def _by_benchmark(extracts: Sequence[Extract]) -> Mapping[str, Sequence[Reading]]:
    """Group readings by benchmark: the main one first, then those with most scores, then by name."""
    groups: dict[str, list[Reading]] = {}
    for extract in extracts:
        for reading in extract.readings:
            groups.setdefault(reading.score.benchmark, []).append(reading)
    return {name: groups[name] for name in sorted(groups, key=lambda name: (_follows(name), -len(groups[name]), name))}


def _follows(name: str) -> bool:
    return not name.casefold().startswith(MAIN)


def _wanted(groups: Mapping[str, Sequence[Reading]], only: Sequence[str]) -> Mapping[str, Sequence[Reading]]:
    """Keep the benchmarks named, the main one first, then as named; an alias of `benchmarks.toml` will do."""
    if not only:
        return groups
    known = known_benchmarks()
    found: dict[str, Sequence[Reading]] = {}
    for name in only:
        alias = known[name.lower()].name if name.lower() in known else name
        match = [have for have in groups if have.lower() in (name.lower(), alias.lower())]
        if not match:
            raise PlanError(f"--benchmark: no scores on '{name}'; {nearest(name, groups)}")
        found |= {have: groups[have] for have in match}
    return {name: found[name] for name in sorted(found, key=_follows)}


def _one_label(groups: Mapping[str, Sequence[Reading]]) -> tuple[Mapping[str, Sequence[Reading]], list[str]]:
    """Leave out models that one file calls open and another does not; in one file that is a slip, and refused."""
    first: dict[str, Reading] = {}
    doubtful: dict[str, str] = {}
    for reading in sorted((r for readings in groups.values() for r in readings), key=lambda r: r.where):
        model = reading.score.model
        other = first.setdefault(model, reading)
        if (reading.score.weights == "open") == (other.score.weights == "open"):
            continue
        said = f"'{model}' is {reading.score.weights} in {reading.where}, {other.score.weights} in {other.where}"
        if reading.where.rpartition(", line")[0] == other.where.rpartition(", line")[0]:
            raise PlanError(f"{said}; label it alike, or leave the weights blank where they are in doubt")
        doubtful[model] = said
    kept = {
        name: [reading for reading in readings if reading.score.model not in doubtful]
        for name, readings in groups.items()
    }
    notes = [f"left out, since two files label it differently: {said}" for _, said in sorted(doubtful.items())]
    return {name: readings for name, readings in kept.items() if readings}, notes


def _one_each(name: str, readings: Sequence[Reading]) -> tuple[list[DatedScore], list[str]]:
    """Keep one score a model: equal rows are merged, of a board's repeated runs the best counts, others are refused."""
    by_model: dict[str, list[Reading]] = {}
    for reading in sorted(readings, key=lambda r: (r.score.model, r.where)):
        by_model.setdefault(reading.score.model, []).append(reading)
    kept, merged, repeated = [], 0, []
    for model, rows in by_model.items():
        if len({(row.score.score, row.score.released_on, row.score.weights) for row in rows}) == 1:
            merged += len(rows) - 1
        elif all(row.repeats for row in rows) and len({row.score.weights for row in rows}) == 1:
            repeated.append(model)
        else:
            raise PlanError(_twice(name, model, rows))
        kept.append(_best(rows))
    notes = [f"{name}: {merged} rows that repeat another were merged"] if merged else []
    if repeated:
        notes.append(
            f"{name}: {len(repeated)} models were run more than once, the best run counts: {'; '.join(repeated)}"
        )
    return kept, notes


def _best(rows: Sequence[Reading]) -> DatedScore:
    """Take the best score, the earliest date, and a standard error if any row with that score has one."""
    top = max(row.score.score for row in rows)
    best = [row.score for row in rows if row.score.score == top]
    errors = [score.score_sd for score in best if score.score_sd is not None]
    return dataclasses.replace(
        best[0], released_on=min(row.score.released_on for row in rows), score_sd=max(errors) if errors else None
    )


def _twice(name: str, model: str, rows: Sequence[Reading]) -> str:
    first = rows[0]
    other = next(row for row in rows if _says(row) != _says(first))
    return (
        f"{other.where}: '{model}' stands twice on '{name}': {_says(other)} here, {_says(first)} in {first.where}; "
        "keep one, or name the versions apart"
    )


def _says(row: Reading) -> str:
    return f"{row.score.score:g} ({row.score.weights}, {row.score.released_on})"


def _last_day(until: Until, as_of: str | None, sheets: Sequence[Sheet], days: Sequence[str]) -> tuple[str, str]:
    """Say which is the last day of the data, and why."""
    if as_of:
        return until.day.isoformat(), f"data as of {until.day}, as given"
    named = [day for sheet in sheets for day in re.findall(r"\d{4}-\d{2}-\d{2}", sheet.name) if _is_day(day, until.day)]
    latest = max(days)
    if named and max(named) >= latest:
        return max(named), f"data as of {max(named)}, from a file's name; --as-of sets it"
    return latest, f"data as of {latest}, the latest day in the files; --as-of sets a later day"


def _is_day(text: str, last: dt.date) -> bool:
    try:
        return dt.date.fromisoformat(text) <= last
    except ValueError:
        return False
