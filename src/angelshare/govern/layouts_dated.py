"""Dated scores, one a row: the project's own layout, and the two of Epoch's hub that share its columns."""

from __future__ import annotations

import math
from collections.abc import Sequence

from angelshare.core.delay import DatedScore
from angelshare.core.errors import PlanError
from angelshare.govern.layouts import Extract, Layout, Reading, place
from angelshare.govern.layouts_cells import Until, access_of, date_of, error_of, number_of, text_of, weights_of
from angelshare.store.sheet import Line, Sheet

REQUIRED = ("model", "developer", "weights", "release_date", "benchmark", "score")
OPTIONAL = ("score_sd", "unit", "area", "access", "notes", "source")
HUB_UNITS = {"accuracy": "percent", "resolve rate": "percent", "score": "", "p50 horizon (minutes)": "minutes"}
"""Units as Epoch's hub words them."""
NORMAL_95 = 1.959964
"""Half width of a 95 % normal interval, in standard errors."""
EPOCH = tuple("organization" if column == "developer" else column for column in REQUIRED)


def read_dated(sheet: Sheet, until: Until) -> Extract:
    """Read one score a row; rows whose weights are blank are counted and left out."""
    return _extract(sheet, until, developer="developer", repeats=False)


def read_epoch(sheet: Sheet, until: Until) -> Extract:
    """Read Epoch's index and its hub of benchmarks; the hub lists runs, so a model may stand there twice."""
    return _extract(sheet, until, developer="organization", repeats="unit" in sheet.columns)


def read_eci_versions(sheet: Sheet, until: Until) -> Extract:
    """Read Epoch's index by version; versions of a model with one index are merged, others keep their version's name.

    Weights follow the accessibility string alone; unreleased models and rows without index or date are left out.
    """
    readings, unlabelled, left, unreleased = [], 0, 0, 0
    split = _models_with_several_values(sheet.lines)
    for line in sheet.lines:
        where, cell = place(sheet, line), line.cells
        if not cell["eci"] or not cell["release_date"]:
            left += 1
        elif cell["accessibility"].lower() == "unreleased":
            unreleased += 1
        elif not (weights := weights_of(cell["accessibility"], where)):
            unlabelled += 1
        else:
            name = text_of(cell["model"] or cell["model_version"], "model", where)
            score = DatedScore(
                model=f"{name} ({cell['model_version']})" if name in split else name,
                developer=cell["organization"], weights=weights, benchmark="ECI",
                released_on=date_of(cell["release_date"], "release_date", where, until=until),
                score=number_of(cell["eci"], "eci", where),
            )  # fmt: skip
            readings.append(Reading(score=score, where=where))
    notes = [f"{sheet.name}: {left} versions without an index or a date left out"] if left else []
    notes += [f"{sheet.name}: {unreleased} versions never released left out"] if unreleased else []
    return Extract(readings=_earliest(readings), unlabelled=unlabelled, notes=notes)


def read_metr(sheet: Sheet, until: Until) -> Extract:
    """Read METR's 50 % time horizons in minutes; the standard error is the 95 % interval's width on the logarithm."""
    readings, unlabelled = [], 0
    for line in sheet.lines:
        where, cell = place(sheet, line), line.cells
        if not (weights := weights_of(cell["weights"], where)):
            unlabelled += 1
            continue
        score = number_of(cell["p50_minutes"], "p50_minutes", where)
        made = DatedScore(
            model=text_of(cell["model"], "model", where), developer=cell["organization"], weights=weights,
            released_on=date_of(cell["release_date"], "release_date", where, until=until),
            benchmark="metr_time_horizon", score=score,
            score_sd=_horizon_error(score, cell["p50_ci_low"], cell["p50_ci_high"], where),
        )  # fmt: skip
        readings.append(Reading(score=made, where=where, unit="minutes"))
    return Extract(readings=readings, unlabelled=unlabelled, notes=[f"{sheet.name}: horizons at 50 % success are read"])


LAYOUTS: Sequence[Layout] = (
    Layout(
        name="Epoch's index by version",
        signature=frozenset({"model_version", "accessibility", "eci"}),
        required=("model_version", "model", "organization", "accessibility", "release_date", "eci"),
        optional=(), strict=False, read=read_eci_versions,
    ),
    Layout(
        name="METR's time horizons",
        signature=frozenset({"p50_minutes"}),
        required=("model", "organization", "weights", "release_date", "p50_minutes", "p50_ci_low", "p50_ci_high"),
        optional=(), strict=False, read=read_metr,
    ),
    Layout(
        name="Epoch's scores",
        signature=frozenset({"organization", "is_china", "score"}),
        required=EPOCH, optional=(*OPTIONAL, "is_china", "display_name"), strict=True, read=read_epoch,
    ),
    Layout(
        name="dated scores",
        signature=frozenset(),
        required=REQUIRED, optional=OPTIONAL, strict=True, read=read_dated,
    ),
)  # fmt: skip
"""Layouts of this module, in the order in which they are tried; the last takes what no other does."""


def _extract(sheet: Sheet, until: Until, *, developer: str, repeats: bool) -> Extract:
    readings, unlabelled = [], 0
    for line in sheet.lines:
        where, cell = place(sheet, line), line.cells
        weights = weights_of(cell["weights"], where)
        # checked before the row is left out: a slip in an unlabelled row is a slip all the same
        score = DatedScore(
            model=text_of(cell["model"], "model", where), developer=cell[developer], weights=weights,
            released_on=date_of(cell["release_date"], "release_date", where, until=until),
            benchmark=text_of(cell["benchmark"], "benchmark", where), score=number_of(cell["score"], "score", where),
            score_sd=error_of(cell.get("score_sd", ""), "score_sd", where),
        )  # fmt: skip
        access = access_of(cell.get("access", ""), where)
        if weights:
            readings.append(
                Reading(
                    score=score, where=where, unit=_unit(cell.get("unit", "").lower()), area=cell.get("area", ""),
                    access=access, repeats=repeats,
                )
            )  # fmt: skip
        else:
            unlabelled += 1
    return Extract(readings=readings, unlabelled=unlabelled)


def _unit(text: str) -> str:
    """Give Epoch's words for a unit their plain name; any other stays as it is."""
    return HUB_UNITS.get(text, text)


def _models_with_several_values(lines: Sequence[Line]) -> set[str]:
    values: dict[str, set[str]] = {}
    for line in lines:
        if line.cells["eci"]:
            values.setdefault(" ".join(line.cells["model"].split()), set()).add(line.cells["eci"])
    return {model for model, found in values.items() if len(found) > 1}


def _earliest(readings: Sequence[Reading]) -> list[Reading]:
    """Keep of versions that share model and index the first released."""
    kept: dict[tuple[str, float], Reading] = {}
    for reading in readings:
        key = (reading.score.model, reading.score.score)
        if key not in kept or reading.score.released_on < kept[key].score.released_on:
            kept[key] = reading
    return list(kept.values())


def _horizon_error(score: float, low: str, high: str, where: str) -> float | None:
    """Give the standard error in minutes whose ratio to the score is that of the logarithm (delta method)."""
    if not low or not high:
        return None
    ends = number_of(low, "p50_ci_low", where), number_of(high, "p50_ci_high", where)
    if not 0 < ends[0] <= ends[1] or score <= 0:
        raise PlanError(f"{where}: expected 0 < p50_ci_low <= p50_ci_high and a horizon above 0, found {low}, {high}")
    return score * math.log(ends[1] / ends[0]) / (2 * NORMAL_95)
