"""Boards: Aider's leaderboards, LiveBench's releases, the Arena's snapshots; none gives release dates throughout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from angelshare.core.delay import DatedScore
from angelshare.core.errors import PlanError
from angelshare.govern.layouts import Extract, Layout, Reading, place
from angelshare.govern.layouts_cells import Until, date_of, number_of, text_of, weights_of
from angelshare.store.sheet import Line, Sheet

NORMAL_95 = 1.959964
"""Half width of a 95 % normal interval, in standard errors."""


def read_aider(sheet: Sheet, until: Until) -> Extract:
    """Read Aider's boards, a benchmark each; where no release date stands the date of the run does.

    Runs of several models together ("mixed") are left out. A board's data end with its last run. The standard
    error is the binomial one of `test_cases`.
    """
    readings, unlabelled, mixed, dated = [], 0, 0, 0
    ends: dict[str, str] = {}
    for line in sheet.lines:
        where, cell = place(sheet, line), line.cells
        ran, board = date_of(cell["run_date"], "run_date", where, until=until), text_of(cell["board"], "board", where)
        ends[f"aider_{board}"] = max(ran, ends.get(f"aider_{board}", ran))
        if cell["weights"].lower() == "mixed":
            mixed += 1
        elif not (weights := weights_of(cell["weights"], where)):
            unlabelled += 1
        else:
            column = "released" if cell["released"] else "run_date"
            dated += column == "run_date"
            score = number_of(cell["pass_rate"], "pass_rate", where)
            made = DatedScore(
                model=text_of(cell["model"], "model", where), developer="", weights=weights,
                released_on=date_of(cell[column], column, where, until=until),
                benchmark=f"aider_{board}", score=score,
                score_sd=_binomial(score, cell["test_cases"], where),
            )  # fmt: skip
            readings.append(Reading(score=made, where=where, unit="percent", repeats=True))
    notes = [f"{sheet.name}: runs of several models together left out: {mixed}"] if mixed else []
    if dated:
        notes.append(
            f"{sheet.name}: {dated} rows have no release date; the day of the run stands for it, which is later"
        )
    return Extract(readings=readings, unlabelled=unlabelled, notes=notes, ends=ends)


def read_livebench(sheet: Sheet, until: Until) -> Extract:
    """Read LiveBench, each release a benchmark of its own, since its questions change.

    A model's date is that of the first release it stands in; those of the first release have no date of their own.
    """
    return _snapshots(
        sheet, until, when="release", score="global_avg", latest_only=False, name="livebench",
        note="each release is a scale of its own (its questions change); a model's date is the first release it is in",
    )  # fmt: skip


def read_arena(sheet: Sheet, until: Until) -> Extract:
    """Read the Arena: a model's rating in the latest snapshot it stands in, dated by the first."""
    return _snapshots(
        sheet, until, when="snapshot", score="rating", latest_only=True, name="arena_text",
        note="a model's rating is that of the latest snapshot it is in, its date that of the first (no release dates)",
    )  # fmt: skip


LAYOUTS: Sequence[Layout] = (
    Layout(
        name="Aider's leaderboards", signature=frozenset({"board", "pass_rate"}),
        required=("board", "model", "weights", "run_date", "released", "test_cases", "pass_rate"),
        optional=(), strict=False, read=read_aider,
    ),
    Layout(
        name="LiveBench's releases", signature=frozenset({"release", "global_avg"}),
        required=("release", "model", "organization", "weights", "global_avg"),
        optional=(), strict=False, read=read_livebench,
    ),
    Layout(
        name="the Arena's snapshots", signature=frozenset({"snapshot", "rating"}),
        required=("snapshot", "model", "organization", "weights", "rating", "q025", "q975"),
        optional=(), strict=False, read=read_arena,
    ),
)  # fmt: skip
"""Layouts of this module."""


class _Dates(NamedTuple):
    """When the models of a board were released, or first seen on it."""

    released: dict[str, str]
    """By model: its release date where a row gives one, else the first release or snapshot it stands in."""

    last: dict[str, str]
    """By model: the last one it stands in."""

    guessed: set[str]
    """Models without a release date."""


def _snapshots(
    sheet: Sheet, until: Until, *, when: str, score: str, latest_only: bool, name: str, note: str
) -> Extract:
    """Read rows that repeat a model from snapshot to snapshot; a column `release_date` may date them."""
    rows = [(date_of(line.cells[when], when, place(sheet, line), until=until), line) for line in sheet.lines]
    start, stop = min(day for day, _ in rows), max(day for day, _ in rows)
    dates = _dates(sheet, until, rows)
    readings, unlabelled = [], 0
    for day, line in rows:
        model = text_of(line.cells["model"], "model", place(sheet, line))
        if latest_only and day != dates.last[model]:
            continue
        weights = weights_of(line.cells["weights"], place(sheet, line))
        if not weights:
            unlabelled += 1
            continue
        made = DatedScore(
            model=model, developer=line.cells["organization"], weights=weights, released_on=dates.released[model],
            benchmark=name if latest_only else f"{name} {day}",
            score=number_of(line.cells[score], score, place(sheet, line)), score_sd=_rating_error(sheet, line),
        )  # fmt: skip
        readings.append(Reading(score=made, where=place(sheet, line)))
    names = {reading.score.benchmark for reading in readings}
    old = sum(dates.released[model] == start for model in dates.guessed)
    notes = [f"{sheet.name}: {note}"]
    if old:
        notes.append(f"{sheet.name}: {old} models stand in the first, of {start}; only later records begin a spell")
    return Extract(
        readings=readings, unlabelled=unlabelled, notes=notes, begins=dict.fromkeys(names, start) if old else {},
        ends={board: stop if latest_only else board.rpartition(" ")[2] for board in names},
    )  # fmt: skip


def _dates(sheet: Sheet, until: Until, rows: Sequence[tuple[str, Line]]) -> _Dates:
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    released: dict[str, str] = {}
    for day, line in rows:
        model = text_of(line.cells["model"], "model", place(sheet, line))
        first[model], last[model] = min(day, first.get(model, day)), max(day, last.get(model, day))
        if text := line.cells.get("release_date", ""):
            said = date_of(text, "release_date", place(sheet, line), until=until)
            if released.setdefault(model, said) != said:
                raise PlanError(
                    f"{place(sheet, line)}: release_date: '{model}' is of {said} here, of {released[model]} in an "
                    "earlier row; give it one date"
                )
    return _Dates(first | released, last, set(first) - set(released))


def _rating_error(sheet: Sheet, line: Line) -> float | None:
    low, high = line.cells.get("q025", ""), line.cells.get("q975", "")
    if not low or not high:
        return None
    where = place(sheet, line)
    width = number_of(high, "q975", where) - number_of(low, "q025", where)
    if width < 0:
        raise PlanError(f"{where}: q025 {low} is above q975 {high}; they are the ends of one interval: swap them")
    return width / (2 * NORMAL_95)


def _binomial(percent: float, cases: str, where: str) -> float | None:
    """Give the standard error of a pass rate in percent; None if the number of cases is not given."""
    if not cases:
        return None
    n = number_of(cases, "test_cases", where)
    if n < 1 or not 0 <= percent <= 100:  # noqa: PLR2004 - percent
        raise PlanError(f"{where}: expected a pass rate in [0, 100] of at least 1 case, found {percent:g} of {cases}")
    share = percent / 100
    return 100 * math.sqrt(share * (1 - share) / n)
