"""`angelshare detect`: which groups of accounts are distillation campaigns, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from angelshare.cli.options import as_json

if TYPE_CHECKING:
    from angelshare.core.traffic import ShareMarking


class _RunUnlessNamed(click.Group):
    """A group whose first word, where it names no sub-command, begins the arguments of `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


def _require_traffic() -> None:
    """Say what to install where the packages of traffic are absent; raises MissingExtraError."""
    import importlib

    try:
        for name in ("pyarrow", "ibis"):
            importlib.import_module(name)
    except ModuleNotFoundError as error:
        from angelshare.core.errors import MissingExtraError

        raise MissingExtraError(f"angelshare detect (it imports {error.name})", "traffic") from None


@click.group(cls=_RunUnlessNamed, context_settings={"help_option_names": ["-h", "--help"]})
def detect() -> None:
    """Find groups of accounts that are distillation campaigns in the logs of an API. A match is not an accusation.

    `angelshare detect LOGS...` is short for `angelshare detect run LOGS...`.
    """


@detect.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--calibrate", "benign", metavar="BENIGN", multiple=True, type=click.Path(path_type=Path),
    help="Logs of earlier days that are held to be honest, file or folder; may be given again. "
    "[default: every earlier day of --state]",
)  # fmt: skip
@click.option("--budget", default="1 false campaign / 30d", show_default=True, help="False campaigns allowed.")
@click.option(
    "--allow", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="Declared programmes (TOML): evaluators, academics, red teams, customers, each until a day.",
)  # fmt: skip
@click.option("--reader", metavar="NAME", default=None, help="Format of the logs. [default: told by looking]")
@click.option(
    "--mapping", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="Mapping file (TOML) of a table of your own: which column holds what.",
)  # fmt: skip
@click.option(
    "--tolerate", metavar="SHARE", type=click.FloatRange(0, 1), default=0.01, show_default=True,
    help="Largest share of bad lines of a file that is let pass.",
)  # fmt: skip
@click.option(
    "--key", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="The operator's key, under which names and prompts are hashed. [default: made in --state]",
)  # fmt: skip
@click.option("--no-text", is_flag=True, help="Do not look at prompts, not even to hash them.")
@click.option(
    "--engine", metavar="ENGINE", default="duckdb", show_default=True,
    help="duckdb, spark, spark://HOST:PORT or sc://HOST:PORT; results do not depend on it.",
)  # fmt: skip
@click.option(
    "--truth", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="Truth file of a simulated or labelled provider, held against the verdicts after they are made.",
)  # fmt: skip
@click.option(
    "--state", "state_folder", metavar="DIR", type=click.Path(path_type=Path), default=None,
    help="Folder that a nightly run comes back to, so that it costs one day. [default: OUT/state]",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True,
    help="Folder for the run, and beside it for its cases.",
)  # fmt: skip
@as_json
def run(  # noqa: PLR0917 - one parameter per option
    logs: tuple[Path, ...], benign: tuple[Path, ...], budget: str, allow: Path | None, reader: str | None,
    mapping: Path | None, tolerate: float, key: Path | None, no_text: bool, engine: str, truth: Path | None,
    state_folder: Path | None, out: Path, as_json: bool,
) -> None:  # fmt: skip
    """Look for campaigns in LOGS, at no more false ones than --budget allows.

    Exit code 1 if there is a campaign, 0 if there is none. The run folder names no account; the case files do.
    """
    _require_traffic()
    from angelshare.cli.detect_run import detect_logs, show
    from angelshare.core.errors import PlanError
    from angelshare.detect.run import Asked

    if mapping is not None and reader not in (None, "table"):
        raise PlanError(f"--mapping belongs to the reader 'table', not to '{reader}'; leave one of them out")
    asked = Asked(
        logs=logs, benign=benign, budget=budget, allow=allow, truth=truth,
        reader=reader if mapping is None else f"table:{mapping}", tolerate=tolerate, text=not no_text, engine=engine,
    )  # fmt: skip
    done = detect_logs(asked, out, state_folder=state_folder, key=key)
    show(done, as_json=as_json)
    sys.exit(1 if done.report.campaigns else 0)


@detect.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--public-key", metavar="KEY", default=None,
    help="Public key that must have signed it, in hexadecimal, or a file of it (signing-key.pub).",
)  # fmt: skip
@as_json
def verify(case: Path, public_key: str | None, as_json: bool) -> None:
    """Check every byte of a case file: CASE is its folder or its case.json. Exit code 2 after any change."""
    _require_traffic()
    from angelshare.cli.detect_cases import show_verified

    show_verified(case, public_key, as_json=as_json)


@detect.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--decision", type=click.Choice(["confirm", "dismiss", "watch"]), required=True, help="What is decided.")
@click.option("--by", required=True, metavar="NAME", help="Who decides.")
@click.option("--reason", required=True, help="Why, in a sentence.")
@click.option(
    "--signing-key", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="Key to sign the decision with. [default: OUT/state/signing-key]",
)  # fmt: skip
def review(case: Path, *, decision: str, by: str, reason: str, signing_key: Path | None) -> None:
    """Add a person's decision to CASE; what was there before stays, and stays signed."""
    _require_traffic()
    from angelshare.cli.detect_cases import add_review

    add_review(case, (decision, by, reason), signing_key)


@detect.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--action", type=click.Choice(["watch", "step-up-verify", "rate-limit", "degrade", "ban"]), required=True,
    help="What is decided for its accounts; the last three need a confirming review.",
)  # fmt: skip
@click.option("--until", metavar="DATE", required=True, help="Last day it holds.")
@click.option("--to", metavar="FILE", type=click.Path(path_type=Path), required=True, help="CSV to write.")
def act(case: Path, *, action: str, until: str, to: Path) -> None:
    """Write the action list that a person's decision on CASE covers; doubtful members are watched instead."""
    _require_traffic()
    from angelshare.cli.detect_cases import write_actions

    write_actions(case, action, until, to=to)


@detect.command()
@click.argument("cases", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", metavar="FILE", type=click.Path(path_type=Path), required=True, help="STIX bundle to write.")
@click.option(
    "--tlp", required=True, help="Traffic Light Protocol 2.0 marking.",
    type=click.Choice(["TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN"]),
)  # fmt: skip
@click.option("--expires", metavar="DATE", required=True, help="Last day on which it may be kept and used.")
@click.option(
    "--key", metavar="SHARED", type=click.Path(path_type=Path), required=True,
    help="File of the secret that both providers agreed on.",
)  # fmt: skip
@click.option(
    "--state", "state_folder", metavar="DIR", type=click.Path(path_type=Path), required=True,
    help="State that holds the cases' days under the shared key.",
)  # fmt: skip
@click.option("--as", "provider", metavar="NAME", required=True, help="Name to share under.")
def share(
    cases: Sequence[Path], *, to: Path, tlp: ShareMarking, expires: str, key: Path, state_folder: Path, provider: str
) -> None:
    """Sketch CASES for another provider: no prompt, address or account id is in what is written.

    CASES are case folders, or a folder of them.
    """
    _require_traffic()
    from angelshare.cli.detect_share import Sharing, share_cases

    share_cases(cases, to, Sharing(tlp=tlp, expires=expires, key=key, state=state_folder, provider=provider))


@detect.command()
@click.argument("one", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path))
@as_json
def match(one: Path, other: Path, as_json: bool) -> None:
    """Find clusters of two bundles that belong together. Exit code 1 if there are any."""
    _require_traffic()
    from angelshare.cli.detect_share import match_bundles

    sys.exit(1 if match_bundles(one, other, as_json=as_json) else 0)


@detect.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where it goes.")
@click.option(
    "--data", metavar="DIR", type=click.Path(path_type=Path), default=None,
    help="Folder of real prompts and rate series. [default: a generated substitute]",
)  # fmt: skip
def world(plan: Path, *, out: Path, data: Path | None) -> None:
    """Build the simulated provider of PLAN: its logs, its benign history and the truth, apart."""
    _require_traffic()
    from angelshare.cli.detect_world import build_world

    build_world(plan, out, data)
