"""Spells of a closed lead: from dated scores to how long each closed record stood.

A closed release that beats every closed release before it sets a record. Its spell ends with the first open release
that equals it. Between the last earlier open frontier release and the matching one nobody looked, so the moment at
which open weights could have equalled the record is known up to that interval only: the spell is interval-censored.
A record not equalled by the end of the data is right-censored there.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.core.delay import DAYS_PER_MONTH, FrontierStep, Spell
from angelshare.stats.panel import FloatArray, IntArray

BoolArray: TypeAlias = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
"""Day 0."""

SINCE_DAY = float((date(2023, 3, 1) - EPOCH).days)
"""Closed records from here on open a spell: GPT-4's month, before which no open release aimed at the frontier."""

AT_ONCE = 1.0 / DAYS_PER_MONTH
"""Months given to a record that open weights had reached before it was set: one day, the unit of the dates."""


class Series(NamedTuple):
    """Dated scores of labelled models on one benchmark."""

    name: tuple[str, ...]
    """(models,) unique names."""

    day: FloatArray
    """(models,) release, days since 1970-01-01."""

    score: FloatArray
    """(models,) higher is better."""

    sd: FloatArray
    """(models,) standard error of the score; nan where the source gives none."""

    open: BoolArray
    """(models,) True if anyone can load the weights."""

    end_day: float
    """Last day of the data."""


class SpellTable(NamedTuple):
    """Spells as arrays, in order of the records."""

    closed: IntArray
    """(spells,) place of the record-setter in the series."""

    matcher: IntArray
    """(spells,) place of the matching open release; -1 while there is none."""

    low: FloatArray
    """(spells,) months after which the match came, or the months without one."""

    high: FloatArray
    """(spells,) months by which the match had come; infinite while there is none."""

    @property
    def matched(self) -> BoolArray:
        """(spells,) True where a match came."""
        return np.asarray(self.matcher >= 0)

    @property
    def matchers(self) -> int:
        """Count distinct matching releases."""
        return int(np.unique(self.matcher[self.matched]).size)

    def keep(self, chosen: BoolArray) -> SpellTable:
        """Keep the spells chosen."""
        return SpellTable(self.closed[chosen], self.matcher[chosen], self.low[chosen], self.high[chosen])


def records(day: FloatArray, score: FloatArray, among: BoolArray) -> IntArray:
    """List, in order, the places of those `among` the models that beat all earlier ones; later on one day means higher.

    Two releases of one day may both set a record: the weaker is a record too, since the stronger is another product.
    """
    places = np.flatnonzero(among)
    order = places[np.lexsort((score[places], day[places]))]
    if order.size == 0:
        return order
    before = np.concatenate(([-np.inf], np.maximum.accumulate(score[order])[:-1]))
    return np.asarray(order[score[order] > before])


def spell_table(
    series: Series, *, since_day: float = SINCE_DAY, tolerance: float = 0.0, good_enough: BoolArray | None = None
) -> SpellTable:
    """Find when each closed record since `since_day` was first equalled by an open release.

    Args:
        series: models with labelled weights.
        since_day: records are counted over all closed history, spells from here on.
        tolerance: an open score may fall short by so much.
        good_enough: (closed records since `since_day`, models) criterion of its own instead of the score; only open
            models are looked at.

    A record that an open release had already reached counts as equalled within a day.
    """
    closed = records(series.day, series.score, ~series.open)
    closed = closed[series.day[closed] >= since_day]
    order = np.lexsort((series.score, series.day))
    order = order[series.open[order]]
    if good_enough is None:
        reached = series.score[order][None, :] >= series.score[closed][:, None] - tolerance
    else:
        reached = good_enough[:, order]
    found = reached.any(axis=1)
    first = np.where(found, order[reached.argmax(axis=1)] if order.size else -1, -1)
    return _table(series, closed, first)


def _table(series: Series, closed: IntArray, matcher: IntArray) -> SpellTable:
    frontier = np.sort(series.day[records(series.day, series.score, series.open)])
    start = series.day[closed]
    found = matcher >= 0
    ended = np.where(found, series.day[matcher], series.end_day)
    place = np.searchsorted(frontier, ended, side="left") - 1
    earlier = np.where(place >= 0, frontier[np.maximum(place, 0)] if frontier.size else -np.inf, -np.inf)
    low = np.maximum(np.where(found, earlier, series.end_day) - start, 0.0) / DAYS_PER_MONTH
    high = np.where(found, np.maximum((ended - start) / DAYS_PER_MONTH, AT_ONCE), np.inf)
    return SpellTable(closed, matcher, low, high)


def spell_records(series: Series, table: SpellTable) -> list[Spell]:
    """Write spells as records."""
    return [
        Spell(
            closed=series.name[c],
            set_on=iso_date(series.day[c]),
            score=float(series.score[c]),
            matched_by=series.name[m] if m >= 0 else None,
            matched_on=iso_date(series.day[m]) if m >= 0 else None,
            low_months=float(low),
            high_months=float(high) if m >= 0 else None,
        )
        for c, m, low, high in zip(table.closed, table.matcher, table.low, table.high, strict=True)
    ]


def frontier_steps(series: Series) -> list[FrontierStep]:
    """List the records of both frontiers in order of release."""
    steps = [
        FrontierStep(
            model=series.name[place],
            weights="open" if series.open[place] else "closed",
            on=iso_date(series.day[place]),
            score=float(series.score[place]),
        )
        for among in (series.open, ~series.open)
        for place in records(series.day, series.score, among)
    ]
    return sorted(steps, key=lambda step: (step.on, step.score))


def iso_date(day: float) -> str:
    """Give the ISO date of a day counted since 1970-01-01."""
    return date.fromordinal(EPOCH.toordinal() + round(float(day))).isoformat()
