"""The sentence of a delay report: what the data say of the main benchmark, no stronger than its interval."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import BenchmarkDelay, DelayEstimate
from angelshare.core.records import Estimate, Number, Refusal


def in_front(delays: Sequence[BenchmarkDelay]) -> BenchmarkDelay | None:
    """Choose the benchmark that sentence, table and figures speak of: the first that is not refused.

    Scores come with an index of capability first, then by number. None if all are refused.
    """
    return next((delay for delay in delays if not delay.refused), None)


def sentence(main: BenchmarkDelay, panel: Sequence[DelayEstimate], trend: Number) -> str:
    """Word the default estimate, the range over estimators and criteria, the records still standing, and the trend."""
    name = main.benchmark.name
    rows = [row for row in panel if row.benchmark == name]
    default = next((row for row in rows if row.default), None)
    if default is None or isinstance(default.months, Refusal):
        why = default.months.refused if default and isinstance(default.months, Refusal) else main.refused
        return f"Cannot tell how long a closed lead lasts on {name}: {why}; {_standing(default, main)}."
    return (
        f"On {name}, half of the closed records were equalled by open weights within {_months(default.months)}; "
        f"{_range(rows)}; {_standing(default, main)}; {_trend(trend)}."
    )


def _range(rows: Sequence[DelayEstimate]) -> str:
    """Say how far the choice of estimator and criterion moves the answer."""
    usual = next(row.criterion for row in rows if row.default)
    said = [(row.months.value, row) for row in rows if isinstance(row.months, Estimate)]
    low = min(said, key=lambda pair: pair[0])
    high = max(said, key=lambda pair: pair[0])
    return (
        f"the criterion moves the answer from {low[0]:.1f} ({_named(low[1], usual)}) to {high[0]:.1f} "
        f"({_named(high[1], usual)})"
    )


def _named(row: DelayEstimate, usual: str) -> str:
    return row.name if row.criterion == usual else row.criterion


def _standing(default: DelayEstimate | None, main: BenchmarkDelay) -> str:
    censored = default.censored if default else sum(spell.matched_by is None for spell in main.spells)
    total = default.censored + default.matched if default else len(main.spells)
    return f"{censored} of {total} records are not yet matched"


def _trend(trend: Number) -> str:
    if isinstance(trend, Refusal):
        return f"whether it changes with the age of the record cannot be told ({trend.refused})"
    ends = f"a factor of {trend.value:.2f} a year, {_plain(trend.low)} to {_plain(trend.high)}"
    if trend.low is not None and trend.low > 1:
        return f"later records stand longer ({ends})"
    if trend.high is not None and trend.high < 1:
        return f"later records stand shorter ({ends})"
    return f"no trend with the age of the record is shown ({ends})"


def _months(number: Estimate) -> str:
    # a sentence must be the same in every format, so it words its own numbers, like the audit's
    level = f"{100 * number.level:.0f} % interval"
    if number.high is None:
        return f"{number.value:.1f} months (at least {_plain(number.low)}, no upper bound, {level})"
    return f"{number.value:.1f} months ({number.low or 0.0:.1f} to {number.high:.1f}, {level})"


def _plain(end: float | None) -> str:
    return "unbounded" if end is None else f"{end:.1f}"
