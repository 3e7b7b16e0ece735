"""Folders of answers with known truth: models that write in words of their own house, students also in a teacher's."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

PROMPTS = 60
PLAIN = [f"word{n}" for n in range(300)]
TEACHERS = ("rye", "oak", "fir")


def write_answers(path: Path, houses: Mapping[str, float]) -> Path:
    """Write replies whose words come from `houses`, name to share; the rest is plain."""
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    shares = [*houses.values(), 1 - sum(houses.values())]
    pools = {"plain": PLAIN} | {house: [f"{house}{n} so{n % 7}" for n in range(120)] for house in houses}
    rows = []
    for place in range(PROMPTS):
        drawn = rng.choice([*houses, "plain"], size=60, p=shares)
        said = [f"topic{place}x{n}" for n in rng.integers(0, 8, 10)] + [
            str(rng.choice(pools[house])) for house in drawn
        ]
        text = " ".join(said).capitalize() + "."
        rows.append({"prompt_id": f"p{place}", "prompt": f"Tell me about topic {place}.", "text": text})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_world(folder: Path, *, nulls: int = 20, students: int = 4) -> dict[str, Path]:
    """Write three teachers, a panel, and one student and one innocent as suspects."""
    teachers, panel = folder / "teachers", folder / "panel"
    teachers.mkdir(parents=True)
    panel.mkdir()
    for name in TEACHERS:
        write_answers(teachers / f"{name}.jsonl", {name: 0.5})
    (teachers / "teachers.toml").write_text("".join(_listed(name) for name in TEACHERS))
    listed = []
    for n in range(nulls):
        write_answers(panel / f"null{n}.jsonl", {f"own{n}": 0.4})
        listed.append(_listed(f"null{n}") + f'base = "grain{n % 3}"\ntaught_by = []\nevidence = "made here"\n')
    for teacher in TEACHERS:
        for n in range(students):
            name = f"{teacher}{n}"
            write_answers(panel / f"{name}.jsonl", {teacher: 0.25, f"s{name}": 0.15})
            listed.append(_listed(name) + f'taught_by = ["{teacher}"]\nevidence = "made here"\n')
    (panel / "panel.toml").write_text("\n".join(listed))
    return {
        "teachers": teachers, "panel": panel,
        "student": write_answers(folder / "student.jsonl", {"rye": 0.25, "itself": 0.15}),
        "innocent": write_answers(folder / "innocent.jsonl", {"itself": 0.4}),
    }  # fmt: skip


def _listed(name: str) -> str:
    return f'[[model]]\nname = "{name}"\nfile = "{name}.jsonl"\n'
