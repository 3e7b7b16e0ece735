"""Train the bundled teacher and bases from scratch: `python -m angelshare.measure.bundle plans/bundled.toml OUT`."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from angelshare.core.record import record
from angelshare.core.seeds import stream
from angelshare.core.strict import decode_toml
from angelshare.measure.engines import one_thread
from angelshare.models.bundled import Shape, pretrain, save
from angelshare.models.training import Schedule
from angelshare.store.manifest import source_state
from angelshare.tasks.skills import SKILLS, Difficulty, draw, reply


@record
class Pupil:
    """What one bundled checkpoint is taught."""

    seed: int
    """Initialisation and data order."""

    examples_per_skill: int
    """Examples drawn per skill, test prompts excluded."""

    hard: float
    """Share of hard items."""

    far: float
    """Share of far items; the rest is easy."""

    traces: float
    """Share of replies with a trace."""

    shape: Shape
    """Size."""

    schedule: Schedule
    """Training."""


@record
class Recipe:
    """plans/bundled.toml."""

    teacher: Pupil
    """The closed teacher."""

    base: Pupil
    """The open base."""

    small: Pupil
    """A smaller open base, for the defence lab's size axis."""


def rows(name: str, pupil: Pupil) -> list[tuple[str, str]]:
    """Draw (prompt, reply) rows for all skills."""
    out = []
    for skill in SKILLS:
        rng = stream("bundled", name, skill.name)
        for k in range(pupil.examples_per_skill):
            place = (k % 20) / 20
            kind: Difficulty = "hard" if place < pupil.hard else "far" if place < pupil.hard + pupil.far else "easy"
            worked = draw(skill, kind, "query", rng)
            out.append((worked.prompt, reply(worked, with_trace=(k % 2) / 2 < pupil.traces)))
    return out


def train_bundled(
    recipe_text: str, where: str, out: Path, *, on_step: Callable[[int, int], None] | None = None
) -> None:
    """Train the checkpoints and write them with a manifest of their hashes to `out`."""
    recipe = decode_toml(recipe_text, Recipe, where)
    commit, dirty = source_state()  # before anything is written: the weights themselves are part of the tree
    hashes = {}
    for name, pupil in (("teacher", recipe.teacher), ("base", recipe.base), ("small", recipe.small)):
        network, tokenizer = pretrain(rows(name, pupil), pupil.shape, pupil.schedule, seed=pupil.seed, on_step=on_step)
        hashes[name] = save(network, tokenizer, out / name)
    manifest = {
        "commit": commit + ("+dirty" if dirty else ""),
        "recipe_sha256": hashlib.sha256(recipe_text.encode()).hexdigest(),
        "weights_sha256": hashes,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def _say(step: int, steps: int) -> None:
    if step % 100 == 0 or step == steps:
        print(f"\r{step}/{steps} steps", end="\n" if step == steps else "", file=sys.stderr, flush=True)  # noqa: T201 - progress


if __name__ == "__main__":
    one_thread()
    plan = Path(sys.argv[1])
    train_bundled(plan.read_text(), str(plan), Path(sys.argv[2]), on_step=_say)
