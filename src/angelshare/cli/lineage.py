"""`angelshare lineage`: is this suspect a student of this teacher, from answers alone?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from angelshare.cli.options import as_json as json_option

FOLDER = click.Path(path_type=Path)


def _threads() -> None:
    # before numpy loads: sums then have one order on every machine
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))


teachers_folder = click.option(
    "--teachers", metavar="DIR", type=FOLDER, required=True, help="Candidates: teachers.toml and their answers."
)
panel_folder = click.option(
    "--panel", metavar="DIR", type=FOLDER, required=True, help="Null panel: panel.toml and its models' answers."
)
siblings_folder = click.option(
    "--siblings", metavar="DIR", type=FOLDER, default=None,
    help="siblings.toml: models of the suspect's base that no candidate taught; they join the panel.",
)  # fmt: skip
level = click.option(
    "--alpha", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.05, show_default=True,
    help="Level of the test, over all candidates.",
)  # fmt: skip
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Names the deal of prompts to bags."
)


@click.group()
def lineage() -> None:
    """Test whether a suspect is a student of a teacher, from answers to the same prompts alone.

    A match is not an accusation: likeness has more causes than teaching. See docs/lineage.md and docs/counsel.md.
    """


@lineage.command()
@click.argument("suspect", type=FOLDER)
@teachers_folder
@panel_folder
@siblings_folder
@level
@click.option(
    "--prereg", metavar="SEAL", type=FOLDER, default=None,
    help="Registration by `lineage register`; any other test than that is refused.",
)  # fmt: skip
@click.option(
    "--import", "imported", metavar="FILE", type=FOLDER, default=None,
    help="Results of other tools on tokenizer, configuration or weights (JSON), for the first two claims.",
)  # fmt: skip
@seed_option
@click.option("--out", type=FOLDER, default=None, help="Write a run folder here; else none is.")
@json_option
def test(  # noqa: PLR0917 - one parameter per option
    suspect: Path, teachers: Path, panel: Path, siblings: Path | None, alpha: float, prereg: Path | None,
    imported: Path | None, seed: int, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Test SUSPECT, a file of answers, against candidates and a panel.

    Exit code 1 if a verdict is `derived`, 0 if none is.
    """
    _threads()
    from angelshare.cli.lineage_run import Request, make_lineage, show

    request = Request(
        suspect=suspect, teachers=teachers, panel=panel, siblings=siblings, prereg=prereg, imported=imported,
        alpha=alpha, seed=seed,
    )  # fmt: skip
    report, folder = make_lineage(request, out)
    show(report, folder, as_json=as_json)
    sys.exit(1 if any(one.verdict == "derived" for one in report.verdicts) else 0)


@lineage.command()
@click.argument("plan", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder for the answers, one file a model, and the ledger.")
def collect(plan: Path, out: Path) -> None:
    """Ask every model of PLAN the same prompts; nothing is paid for twice, a killed run goes on.

    A remote model is asked only under the plan's [authorisation].
    """
    from angelshare.cli.lineage_collect import collect_answers

    for path in collect_answers(plan, out):
        click.echo(str(path))


@lineage.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder for the JSON Lines, one file for each given.")
def convert(files: tuple[Path, ...], out: Path) -> None:
    """Convert AlpacaEval, FastChat or transcript files, or Inspect logs, to answers in JSON Lines."""
    from angelshare.cli.lineage_files import convert_files

    for path in convert_files(files, out):
        click.echo(str(path))


@lineage.command()
@teachers_folder
@panel_folder
@level
@json_option
def panel(teachers: Path, panel: Path, alpha: float, as_json: bool) -> None:
    """Audit a panel: projects, bases, false-positive rate with each project left out, smallest p possible."""
    _threads()
    from angelshare.cli.lineage_panel import show_audit

    show_audit(teachers, panel, alpha=alpha, as_json=as_json)


@lineage.command()
@teachers_folder
@panel_folder
@click.option(
    "--n", "wanted", metavar="PROMPTS", type=click.IntRange(1), default=100, show_default=True,
    help="How many prompts to choose.",
)  # fmt: skip
@level
@click.option("--out", type=FOLDER, default=None, help="Write the chosen prompts' ids here, the best first.")
@json_option
def probes(teachers: Path, panel: Path, wanted: int, alpha: float, out: Path | None, as_json: bool) -> None:  # noqa: PLR0917 - one per option
    """Choose the prompts that tell teachers from the panel best, with the power to expect from so many."""
    _threads()
    from angelshare.cli.lineage_panel import show_probes

    show_probes(teachers, panel, wanted, alpha=alpha, out=out, as_json=as_json)


@lineage.command()
@teachers_folder
@panel_folder
@siblings_folder
@click.option("--suspect", "called", metavar="WORDS", required=True, help="Who is to be asked, in words.")
@level
@seed_option
@click.option("--out", metavar="SEAL", type=FOLDER, required=True, help="File for the seal; never written over.")
def register(  # noqa: PLR0917 - one parameter per option
    teachers: Path, panel: Path, siblings: Path | None, called: str, alpha: float, seed: int, out: Path
) -> None:
    """Fix a test before the suspect's answers are read: prompts, candidates, panel, level and method, hashed."""
    from angelshare.cli.lineage_files import register_test

    click.echo(register_test(teachers, panel, siblings, suspect=called, alpha=alpha, seed=seed, out=out))


@lineage.command()
@click.argument("run", type=FOLDER)
@click.option(
    "--key", metavar="PEM", type=FOLDER, required=True,
    help="Ed25519 private key to sign with; made here, readable by you alone, if there is no such file.",
)  # fmt: skip
@click.option("--out", metavar="ZIP", type=FOLDER, required=True, help="File for the pack.")
def pack(run: Path, key: Path, out: Path) -> None:
    """Seal a finished RUN folder into one signed file: report, registration, hashes of everything that was read."""
    from angelshare.cli.lineage_files import pack_run

    click.echo(pack_run(run, key, out))


@lineage.command()
@click.argument("pack", type=FOLDER)
@click.option(
    "--signer", metavar="SHA256", default=None, help="Demand this signer, by the hash that `lineage pack` printed."
)
def verify(pack: Path, signer: str | None) -> None:
    """Verify a PACK: signature, chain, every byte, and that a registration came before its report."""
    from angelshare.cli.lineage_files import verify_file

    for line in verify_file(pack, signer=signer):
        click.echo(line)
