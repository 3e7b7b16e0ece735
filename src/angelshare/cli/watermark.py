"""`angelshare watermark`: is this key's mark in a text, or in a student?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


@click.command()
@click.argument("text", metavar="TEXT", type=click.Path(path_type=Path))
@click.option(
    "--key", "keys", metavar="KEY.toml", type=click.Path(path_type=Path), multiple=True, required=True,
    help="Key file of the mark, or a public key of the package (`bundled:words-kgw`); given again, p-values are "
    "corrected for the number of keys (Holm).",
)  # fmt: skip
@click.option(
    "--model", metavar="CHECKPOINT", default=None,
    help="Read TEXT, written under the key, through this student's weights (reading mode).",
)  # fmt: skip
@click.option(
    "--tokenizer", metavar="PATH", type=click.Path(path_type=Path), default=None,
    help="The generator's tokenizer.json, the folder that holds it, or `bundled:words-teacher`; needed unless TEXT "
    "holds token ids.",
)  # fmt: skip
@click.option("--student", is_flag=True, help="TEXT is what a model under suspicion wrote.")
@click.option(
    "--prompts", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="Prompts the student answers: windows they hold are not scored. Transcripts give their prompts.",
)  # fmt: skip
@click.option(
    "--filter", "outputs", metavar="FILE", type=click.Path(path_type=Path), default=None,
    help="The teacher's marked outputs: only windows they hold are scored (supervised test of a student's text).",
)  # fmt: skip
@click.option("--decoys", type=click.IntRange(0), default=999, show_default=True, help="Decoy keys drawn as a null.")
@click.option("--level", type=float, default=1e-3, show_default=True, help="Level of the test.")
@click.option(
    "--n", "fixed", metavar="TOKENS", type=click.IntRange(1), default=None,
    help="Score only so many tokens (windows with --model), the first: a number fixed before looking. "
    "[default: the whole file]",
)  # fmt: skip
@click.option("--sequential", is_flag=True, help="Look after every text, by a test that allows it; no decoys.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Names the draw of the decoys.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Write a run folder here; else none is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the same as report.json.")
def watermark(  # noqa: PLR0917 - one parameter per option
    text: Path, keys: tuple[Path, ...], model: str | None, tokenizer: Path | None, student: bool, prompts: Path | None,
    outputs: Path | None, decoys: int, level: float, fixed: int | None, sequential: bool, seed: int, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Test TEXT for a watermark: plain text, or JSON Lines of transcripts, of texts, or of token ids.

    A mark in a student's text shows that outputs under this key were in the training mix; not who put them there,
    when, or whether licensed. Exit code 1 if a mark is found at the level, 0 if not, 2 if nothing could be tested.
    """
    # before numpy loads: sums then have one order on every machine
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    from angelshare.cli.watermark_run import Request, make_watermark, show
    from angelshare.lineage.case import Settings

    settings = Settings(
        level=level, decoys=decoys, fixed=fixed or 0, sequential=sequential, student=student, seed=seed
    )  # fmt: skip
    request = Request(
        text=text, keys=keys, model=model, tokenizer=tokenizer, prompts=prompts, outputs=outputs, settings=settings
    )
    report, folder = make_watermark(request, out)
    show(report, folder, as_json=as_json)
    sys.exit(1 if report.verdict == "mark found" else 0)
