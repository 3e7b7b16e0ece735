"""`angelshare delay`: how long a closed lead lasts, from dated scores."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command()
@click.argument("scores", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--benchmark", "benchmarks", metavar="NAME", multiple=True, help="Only this benchmark; may be given again."
)
@click.option(
    "--as-of", metavar="DATE", default=None, help="Last day of the data; by default the latest day they name."
)
@click.option(
    "--since", metavar="DATE", default="2023-03-01", show_default=True,
    help="Closed records from this day on begin a spell; earlier ones only set the bar.",
)  # fmt: skip
@click.option("--level", type=float, default=0.9, show_default=True, help="Level of every interval, 0.5 to below 1.")
@click.option(
    "--bootstraps", type=click.IntRange(100), default=1000, show_default=True, help="Resamples behind every interval."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Names every draw of chance.")
@click.option("--latent", is_flag=True, help="Add a scale of latent ability, fitted over all bounded benchmarks.")
@click.option(
    "--run", type=click.Path(path_type=Path), default=None,
    help="Folder of a finished audit: adds the months that distillation saves. Needs --campaign.",
)  # fmt: skip
@click.option(
    "--campaign", metavar="FILE|NAME", default=None,
    help="Who queries how much: a TOML file, or a shipped campaign (small, medium, large, alleged-2026).",
)  # fmt: skip
@click.option(
    "--set", "settings", metavar="NAME=VALUE", multiple=True,
    help="Give an assumption of the campaign a value, or low, central or high of its range; may be given again.",
)  # fmt: skip
@click.option(
    "--without", metavar="NAME", multiple=True, help="Switch an assumption of the campaign off; may be given again."
)
@click.option(
    "--defence", "defences", metavar="NAME=RUN", multiple=True,
    help="Folder of an audit of the same capability behind a defence; may be given again.",
)  # fmt: skip
@click.option(
    "--threshold", type=click.FloatRange(0), metavar="MONTHS", default=None,
    help="Exit with code 1 unless the default estimate's lower end is at least this.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Write a run folder here; else none is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the same as report.json.")
def delay(  # noqa: PLR0917 - one parameter per option
    scores: tuple[Path, ...], benchmarks: tuple[str, ...], as_of: str | None, since: str, level: float,
    bootstraps: int, seed: int, latent: bool, run: Path | None, campaign: str | None, settings: tuple[str, ...],
    without: tuple[str, ...], defences: tuple[str, ...], threshold: float | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Estimate how long a closed model's lead over open weights lasts, from SCORES, CSV files of dated scores.

    'bundled:sample' stands for a made-up file that shows the layout. Exit code 1 if --threshold is given and the
    interval of the default estimate does not lie at or above it.
    """
    # before numpy loads: sums then have one order on every machine
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    from angelshare.cli.delay_run import Request, below, make_report
    from angelshare.cli.delay_table import show

    request = Request(
        scores=scores, benchmarks=benchmarks, as_of=as_of, since=since, level=level, bootstraps=bootstraps, seed=seed,
        latent=latent, run=run, campaign=campaign, settings=settings, without=without, defences=defences,
    )  # fmt: skip
    report, folder = make_report(request, out)
    show(report, folder, as_json=as_json)
    sys.exit(1 if threshold is not None and below(report, threshold) else 0)
