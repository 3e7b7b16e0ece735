"""`angelshare ledger`: which compute thresholds see a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from angelshare.core.compute import RuleSet
    from angelshare.core.records import Source


@click.command()
@click.argument("model", metavar="MODEL.toml")
@click.option(
    "--rules",
    "rule_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A rule-set of your own (TOML), besides those that travel with the package; may be given again.",
)
@click.option(
    "--asof", "--as-of", "as_of", metavar="DATE", default=None, help="Answer with the law of this day. [default: today]"
)
@click.option("--all", "show_all", is_flag=True, help="Show rule-sets that did not stand on that day too, marked.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Level of every interval.")
@click.option("--draws", type=int, default=10_000, show_default=True, help="Draws behind every interval.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the draws.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=None, help="Write page, report.json, tables and figure here."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the same as report.json.")
def ledger(  # noqa: PLR0917 - click passes options by name
    model: str, rule_files: tuple[Path, ...], as_of: str | None, show_all: bool, level: float, draws: int, seed: int,
    out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Work out the compute behind a model and hold it against every rule-set.

    MODEL.toml describes the model; `bundled:r1-distill-qwen-32b` and `bundled:api-student` travel with the package.
    Exit code 1 if a threshold in force sees the model for certain.
    """
    import datetime as dt

    from angelshare import __version__
    from angelshare.govern.compute import Asked, Provenance, parse_model, sees
    from angelshare.govern.compute import ledger as work_out
    from angelshare.govern.compute_draws import Settings
    from angelshare.govern.rulesets import parse_day, shipped_rules

    now = dt.datetime.now(dt.UTC)
    text, source = _model(model)
    rules, sources = _rules(rule_files)
    asked = Asked(
        as_of=now.date() if as_of is None else parse_day(as_of, "--asof"),
        settings=Settings(level=level, draws=draws, seed=seed), show_all=show_all,
    )  # fmt: skip
    provenance = Provenance(
        version=__version__, made_at=now.isoformat(timespec="seconds"), files=[source, *sources],
        command=_command(model, rule_files, asked.as_of.isoformat(), show_all=show_all, level=level, draws=draws,
                         seed=seed),
    )  # fmt: skip
    result = work_out(
        parse_model(text, source.title), [*shipped_rules(), *rules], asked, where=source.title, provenance=provenance
    )
    if out is not None:
        from angelshare.report.ledger_publish import publish_ledger

        publish_ledger(result, out)
    if as_json:
        from angelshare.report.documents import report_json

        sys.stdout.write(report_json(result).decode())
    else:
        from rich.console import Console

        from angelshare.report.ledger_terminal import ledger_summary

        Console(width=80).print(ledger_summary(result))
        if out is not None:
            click.echo(f"report: {out / 'report.html'}")
    sys.exit(1 if sees(result) else 0)


def _model(name: str) -> tuple[str, Source]:
    """Read the model's text from the package or a file."""
    from angelshare.govern.compute import BUNDLED, bundled_model

    if name.startswith(BUNDLED):
        text = bundled_model(name.removeprefix(BUNDLED))
    else:
        text = _read(Path(name), "a model description such as bundled:r1-distill-qwen-32b")
    return text, _source(Path(name).name, text)


def _rules(paths: tuple[Path, ...]) -> tuple[list[RuleSet], list[Source]]:
    from angelshare.govern.rulesets import parse_rules

    texts = [(path, _read(path, "a rule-set (docs/ledger.md says how to write one)")) for path in paths]
    return [parse_rules(text, path.name) for path, text in texts], [_source(path.name, text) for path, text in texts]


def _read(path: Path, what: str) -> str:
    from angelshare.core.errors import PlanError

    try:
        return path.read_text(encoding="utf-8-sig")  # with the mark that some editors put first
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PlanError(f"{path}: cannot read it ({reason}); give {what}") from None


def _source(title: str, text: str) -> Source:
    import hashlib

    from angelshare.core.records import Source

    return Source(title=title, url=hashlib.sha256(text.encode()).hexdigest())


def _command(
    model: str, rule_files: tuple[Path, ...], as_of: str, *, show_all: bool, level: float, draws: int, seed: int
) -> str:
    """Write the command with names of files only, so that no report names a machine's folders."""
    name = model if model.startswith("bundled:") else Path(model).name
    rules = [f"--rules {path.name}" for path in rule_files]
    shown = ["--all"] * show_all
    return " ".join(
        ["angelshare ledger", name, *rules, f"--asof {as_of}", *shown, f"--level {level:g}", f"--draws {draws}",
         f"--seed {seed}"]
    )  # fmt: skip
