"""What `angelshare detect world` does: a simulated provider's logs, benign history and truth, each in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from angelshare.core.errors import PlanError
from angelshare.detect.world import build, read_plan
from angelshare.detect.world.build import fingerprint
from angelshare.store.files import make_folder, storage_errors


def build_world(path: Path, out: Path, data: Path | None) -> None:
    """Build a plan's world, or find it built; days before the campaigns are the benign history."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: cannot read the plan ({error}); give a TOML file such as plans/detect.toml") from None
    plan = read_plan(text, str(path))
    folder = make_folder(out) / f"{plan.name}-world-{fingerprint(plan.world, plan.seed)}"
    if not folder.exists():
        unfinished = out / f".{folder.name}.part"
        shutil.rmtree(unfinished, ignore_errors=True)  # what a killed sitting left is built anew
        made = build(plan.world, unfinished, seed=plan.seed, data=data)
        with storage_errors(unfinished, "put the days apart"):
            for number, day in enumerate(made.days):
                place = "benign" if number < plan.calibration_days else "logs"
                (made.requests / f"day={day}").rename(make_folder(unfinished / place) / f"day={day}")
            made.requests.rmdir()
            unfinished.rename(folder)
    click.echo(f"{folder}/logs, {folder}/benign, {folder}/truth.parquet")
    click.echo(
        f"next: angelshare detect {folder}/logs --calibrate {folder}/benign --truth {folder}/truth.parquet "
        f"--budget '{plan.budget}' --out {out}"
    )
