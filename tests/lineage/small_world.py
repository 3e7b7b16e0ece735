"""A small world with known truth: models that write by habit, students that took on a teacher's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

OPENINGS = [
    f"{a} {b}" for a in ("Well", "So", "Indeed", "Now", "Here") for b in ("then", "to begin", "in short", "first")
]
LINKS = [
    f"{a} {b}" for a in ("and", "but", "so", "thus", "while", "since") for b in ("also", "mostly", "often", "rather")
]
TOPICS = [f"subject{n}" for n in range(60)]


class Habit:
    """How likely each opening and link is."""

    def __init__(self, rng, near=None, share=0.0):
        self.openings = rng.dirichlet(np.full(len(OPENINGS), 0.4))
        self.links = rng.dirichlet(np.full(len(LINKS), 0.4))
        if near is not None:
            self.openings = share * near.openings + (1 - share) * self.openings
            self.links = share * near.links + (1 - share) * self.links

    def reply(self, topic, rng):
        words = [str(rng.choice(OPENINGS, p=self.openings)) + ", the"]
        for _ in range(6):
            words += [
                topic,
                f"matters {rng.choice(['much', 'a lot', 'here'])}",
                str(rng.choice(LINKS, p=self.links)),
                "the",
            ]
        return " ".join(words) + " rest."


def write_answers(path: Path, habit: Habit, rng) -> Path:
    rows = [
        {"prompt_id": f"p{n}", "prompt": f"Tell me about {topic}.", "text": habit.reply(topic, rng)}
        for n, topic in enumerate(TOPICS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_world(folder: Path, *, nulls: int = 22, students: int = 5, seed: int = 1) -> dict[str, Path]:
    """Write two teachers, a panel, and one student and one innocent as suspects."""
    rng = np.random.default_rng(seed)
    teachers = {"rye": Habit(rng), "oak": Habit(rng)}
    (folder / "teachers").mkdir(parents=True)
    (folder / "panel").mkdir()
    for name, habit in teachers.items():
        write_answers(folder / "teachers" / f"{name}.jsonl", habit, rng)
    listed = [f'[[model]]\nname = "{name}"\nfile = "{name}.jsonl"\n' for name in teachers]
    (folder / "teachers/teachers.toml").write_text("\n".join(listed))
    listed = []
    for n in range(nulls):
        listed.append(_panel_model(folder, f"null{n}", Habit(rng), rng, "[]"))
    for n in range(students):
        for name, habit in teachers.items():
            listed.append(_panel_model(folder, f"{name}{n}", Habit(rng, habit, 0.8), rng, f'["{name}"]'))
    (folder / "panel/panel.toml").write_text("\n".join(listed))
    return {
        "teachers": folder / "teachers", "panel": folder / "panel",
        "student": write_answers(folder / "student.jsonl", Habit(rng, teachers["rye"], 0.8), rng),
        "innocent": write_answers(folder / "innocent.jsonl", Habit(rng), rng),
    }  # fmt: skip


def _panel_model(folder, name, habit, rng, taught_by):
    write_answers(folder / "panel" / f"{name}.jsonl", habit, rng)
    return (
        f'[[model]]\nname = "{name}"\nfile = "{name}.jsonl"\nproject = "{name}"\nbase = "grain"\n'
        f'taught_by = {taught_by}\nevidence = "made here"\n'
    )
