"""What `angelshare delay` prints: the panel as a small table with text bars and the sentence, or one JSON object."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from angelshare.cli.delay_run import main_name
from angelshare.core.delay import DelayEstimate, DelayReport
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.report.documents import report_json
from angelshare.report.numbers import parts, phrase

WIDTH = 20
"""Characters of a bar."""

MONTHS = 15
"""Characters of a number with its interval, as most are."""


def show(report: DelayReport, folder: Path | None, *, as_json: bool) -> None:
    """Print the report to standard output."""
    if as_json:
        sys.stdout.write(report_json(report).decode())
        return
    console = Console()
    name = main_name(report)
    console.print(_table([row for row in report.estimators if row.benchmark == name], name, report))
    others = [row for row in report.estimators if row.default and row.benchmark != name]
    for row in others:
        console.print(
            f"{escape(row.benchmark)}: {phrase(row.months, unit='months', level=report.level)}", highlight=False
        )
    console.print(
        f"private less public: {phrase(report.false_promise, unit='months', level=report.level)}", highlight=False
    )
    console.print(escape(report.sentence), highlight=False)
    if report.attributable is not None:
        console.print(escape(report.attributable.sentence), highlight=False)
    if folder is not None:
        click.echo(f"report: {folder}/report.html")


def _table(rows: Sequence[DelayEstimate], name: str, report: DelayReport) -> Table:
    table = Table(
        title=f"{escape(name)}: months a closed record stands, data as of {report.as_of}", title_justify="left"
    )
    table.add_column("estimator")
    table.add_column("months", min_width=MONTHS)
    table.add_column("", no_wrap=True, min_width=WIDTH)
    table.add_column("matched", justify="right")
    reach = max((_end(row.months) for row in rows), default=1.0)
    usual = next((row.criterion for row in rows if row.default), "")
    for row in rows:
        months = _words(row.months, report.level)
        marks = f"{' *' if row.default else ''}{' †' if row.caution else ''}"
        criterion = "" if row.criterion == usual else f": {row.criterion}"
        table.add_row(
            escape(f"{row.name}{marks}{criterion}"), escape(months),
            _bar(row.months, reach), f"{row.matched}/{row.matched + row.censored} by {row.matchers}",
        )  # fmt: skip
    table.caption = (
        f"A match, where a row names no other: {escape(usual)}. * the default; † has a caution (--json, or the "
        "report); matched: of so many records, by so many releases."
    )
    refusals = sorted({row.months.refused for row in rows if isinstance(row.months, Refusal)})
    table.caption += escape("".join(f"\nNot stated: {reason}." for reason in refusals))
    table.caption_justify = "left"
    return table


def _words(number: Number, level: float) -> str:
    """Print a number; why one is not stated is too long for a column, and stands in the report."""
    shown = parts(number, level=level, least=1)
    return shown.value if isinstance(number, Refusal) else f"{shown.value} {shown.interval}"


def _end(number: Number) -> float:
    if not isinstance(number, Estimate):
        return 0.0
    return number.value if number.high is None else number.high


def _bar(number: Number, reach: float) -> str:
    """Draw an interval and its value on a line from 0 to `reach` months; an arrow where nothing bounds it."""
    if not isinstance(number, Estimate) or reach <= 0:
        return ""
    low, value = _column(number.low or 0.0, reach), _column(number.value, reach)
    high = WIDTH - 1 if number.high is None else _column(number.high, reach)
    line = [" "] * low + ["─"] * (high - low + 1) + [" "] * (WIDTH - 1 - high)
    if number.high is None:
        line[-1] = "→"
    line[value] = "●"
    return "".join(line)


def _column(months: float, reach: float) -> int:
    return min(WIDTH - 1, max(0, round(months / reach * (WIDTH - 1))))
