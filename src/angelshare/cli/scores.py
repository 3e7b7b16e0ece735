"""`angelshare scores`: recovery from scores that another harness already made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from angelshare.cli import options

if TYPE_CHECKING:
    from angelshare.core.ready import ReadyReport, ReadyScores


@click.command()
@click.argument("description", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    help="Write report.json and CSV tables here; without it nothing is written.",
)
@options.as_json
def scores(description: Path, out: Path | None, as_json: bool) -> None:
    """Measure recovery from Inspect or lm-eval logs, as DESCRIPTION (a TOML file) names them.

    Exit code 1 if recovery is above the description's threshold.
    """
    from angelshare.measure.engines import one_thread

    one_thread()  # before numpy loads: sums then have one order on every machine
    from angelshare.measure.ready import report_ready
    from angelshare.report.ready_tables import publish_ready
    from angelshare.tasks.judged import read_judged
    from angelshare.tasks.logs import read_logs

    asked = read_description(description)
    folder = description.parent
    judged = None if asked.judge is None else read_judged(asked.judge, folder)
    report = report_ready(asked, read_logs(asked, folder), judged)
    if out is not None:
        publish_ready(report, out)
    _show(report, as_json=as_json)
    sys.exit(1 if report.crossed else 0)


def read_description(path: Path) -> ReadyScores:
    """Read a description; raises PlanError, or UnknownKeyError for a key with its nearest spelling."""
    from angelshare.core.errors import PlanError
    from angelshare.core.ready import ReadyScores
    from angelshare.core.strict import decode_toml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(
            f"{path}: cannot read the description ({error}); give a TOML file, see docs/scores.md"
        ) from None
    asked = decode_toml(text, ReadyScores, str(path))
    if not 0 < asked.level < 1:
        raise PlanError(f"{path}: level is {asked.level:g}; give one between 0 and 1, such as 0.95")
    return asked


def _show(report: ReadyReport, *, as_json: bool) -> None:
    from angelshare.report.ready_tables import ready_json
    from angelshare.report.ready_terminal import ready_summary

    if as_json:
        sys.stdout.write(ready_json(report).decode())
        return
    from rich.console import Console

    Console().print(ready_summary(report))
