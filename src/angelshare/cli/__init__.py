"""The command line: one file per verb."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from angelshare import __version__
from angelshare.cli.catalogue import catalogue
from angelshare.cli.defend import defend
from angelshare.cli.delay import delay
from angelshare.cli.demo import demo
from angelshare.cli.detect import detect
from angelshare.cli.ledger import ledger
from angelshare.cli.lineage import lineage
from angelshare.cli.measure import measure
from angelshare.cli.plugins import plugins
from angelshare.cli.publish import publish
from angelshare.cli.report import report
from angelshare.cli.scores import scores
from angelshare.cli.serve import serve
from angelshare.cli.watermark import watermark
from angelshare.core.errors import AngelshareError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="angelshare")
def app() -> None:
    """Measure how much of a closed-weight model's capability evaporates through its API."""


VERBS = (
    measure, defend, watermark, detect, lineage, scores, delay, ledger, catalogue, serve, publish, demo, report,
    plugins,
)  # fmt: skip
for command in VERBS:
    app.add_command(command)


INTERRUPTED = 130
"""Exit code of a run stopped by Ctrl-C, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a verb; what a user can mend is one message and exit code 2, never a traceback."""
    try:
        app.main(args=arguments, prog_name="angelshare", standalone_mode=False)
    except AngelshareError as error:
        click.echo(f"angelshare: {type(error).__name__}: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("angelshare: stopped; finished work is kept, the same command goes on with it", err=True)
        sys.exit(INTERRUPTED)
    sys.exit(0)
