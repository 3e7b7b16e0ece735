"""The pool of prompts a world draws from, with the features that ingest would give them, computed once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.detect.world import words
from angelshare.detect.world.shapes import Shape

PER_FAMILY = 1500
"""Prompts of a family in the pool."""
FILLS = 40
"""Fillings of a template in the pool."""
SLOT = 1200
"""Longest text that fills a slot, characters."""
LONGEST = 4
"""Most texts of a family that fill one slot together."""
PRIVATE_FORMS, PRIVATE_FILLS = 300, 20
"""Forms behind the templates of honest people's programs, and fillings of each; every owner words a form anew."""
PUBLIC_TEMPLATES = 150
"""Templates that circulate among honest people: of apps, blogs and tutorials."""

PROGRAMMED: Sequence[str] = (
    "app", "code", "reasoning", "instructions", "tools", "documents", "classification", "support", "evaluation", "chat",
    "harvest-instructions", "harvest-code", "harvest-reasoning", "harvest-tools",
)  # fmt: skip
"""Families that honest people's programs ask about: a quarter write lessons, exercises or training data themselves."""

FILES: Mapping[str, Sequence[str]] = {
    "chat": ("benign_sharegpt_sample", "benign_instructionwild_users", "benign_koala_180", "benign_arena_hard_500"),
    "app": ("benign_specbench_apps",),
    "support": ("benign_banking77_support",),
    "evaluation": ("hardneg_evaluator_bbh",),
    "instructions": ("benign_alpaca_eval_805", "attack_selfinstruct_seeds"),
    "code": ("attack_codealpaca",),
    "reasoning": ("attack_gsm8k_trainset_harvest",),
    "tools": ("attack_gpteacher_toolformer",),
    "harvest-instructions": ("attack_p3_template_harvest", "attack_gpteacher_roleplay"),
    "harvest-code": ("attack_gpteacher_codegen",),
    "harvest-reasoning": ("attack_cot_collection",),
    "harvest-tools": ("attack_gpteacher_toolformer",),
    "documents": ("attack_mebert_wiki",),
    "classification": ("victimtask_agnews", "victimtask_sst2_train"),
    "red-team": ("benign_hh_redteam_harmless",),
}
"""Files of the data folder behind each family; `chat-other` is the part of `chat` that is not English."""
CONTENT: Mapping[str, str] = {"elicitation": "harvest-reasoning", "grading": "harvest-instructions"}
"""Families that are a way of asking; what fills their templates comes from another."""


@dataclass(frozen=True)
class Pool:
    """Texts, and where each family and each group's own prompts lie among them."""

    texts: Sequence[str]
    """All texts."""

    fixed_wording: NDArray[np.bool_]
    """(texts,) whether the text fills a template, so that its skeleton is shared."""

    families: Mapping[str, NDArray[np.int64]]
    """Places of each family's texts."""

    public: NDArray[np.int64]
    """(templates, fills) places of the templates that circulate among honest people."""

    private: NDArray[np.int64]
    """(forms, fills) places of the forms behind the templates of honest people's programs."""

    own: Sequence[NDArray[np.int64]]
    """Per group, (templates, fills) places of its own prompts; one row without templates."""


def fill(shapes: Sequence[Shape], data: Path | None, rng: Generator) -> Pool:
    """Write or read the prompts of every family and fill the templates of every group.

    Args:
        shapes: behaviour of each group, in order.
        data: folder with `prompts/*.jsonl.gz`; None uses the substitute.
        rng: the caller owns the seed.

    Raises PlanError when the folder lacks a file.
    """
    library = {family: words.write(family, PER_FAMILY, rng) for family in words.FAMILIES}
    if data is not None:
        library |= read(data, rng)
    texts: list[str] = []
    families = {name: _append(texts, list(some)) for name, some in library.items()}
    plain = len(texts)
    everybody = Shape(why="public", families=("chat", "app", "code"), templates=PUBLIC_TEMPLATES)
    public = _templates(texts, library, everybody, rng)
    programs = Shape(why="programs", families=PROGRAMMED, templates=PRIVATE_FORMS)
    private = _templates(texts, library, programs, rng, fills=PRIVATE_FILLS)
    own = [
        _templates(texts, library, shape, rng)
        if shape.templates
        else np.concatenate([families[CONTENT.get(f, f)] for f in shape.families])[None, :]
        for shape in shapes
    ]
    fixed = np.arange(len(texts)) >= plain
    return Pool(texts=texts, fixed_wording=fixed, families=families, public=public, private=private, own=own)


def read(data: Path, rng: Generator) -> dict[str, list[str]]:
    """Read the data folder's prompts, at most `PER_FAMILY` of a family.

    Raises PlanError when a file is absent or holds no prompts.
    """
    library: dict[str, list[str]] = {}
    for family, names in FILES.items():
        rows = [row for name in names for row in _rows(data / "prompts" / f"{name}.jsonl.gz")]
        order = rng.permutation(len(rows)).tolist()
        english = [rows[i] for i in order if rows[i].get("lang", "en") == "en"]
        library[family] = [str(row["prompt"]) for row in english[:PER_FAMILY]]
        other = [str(rows[i]["prompt"]) for i in order if rows[i].get("lang", "en") != "en"]
        if family == "chat" and other:
            library["chat-other"] = other[:PER_FAMILY]
    return library


def _rows(path: Path) -> list[dict[str, object]]:
    if not path.is_file():
        raise PlanError(f"{path}: no such file; a data folder holds prompts/*.jsonl.gz, or leave the folder out")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, object]] = [json.loads(line) for line in lines]
    if not rows or "prompt" not in rows[0]:
        raise PlanError(f"{path}: no prompts; expected a field 'prompt' in each of its lines")
    return rows


def _templates(texts: list[str], library: Mapping[str, list[str]], shape: Shape, rng: Generator, *,
               fills: int = FILLS) -> NDArray[np.int64]:  # fmt: skip
    """Fill each of the group's templates `fills` times; gives the places, (templates, fills)."""
    contents = [library[CONTENT.get(family, family)] for family in shape.families]
    made = []
    for _ in range(shape.templates):
        form = words.template(shape.families, rng)
        content = contents[int(rng.integers(len(contents)))]
        picks = rng.integers(0, len(content), (fills, LONGEST)).tolist()
        sizes = rng.geometric(0.7, fills).clip(max=LONGEST).tolist()
        slots = [_slot(" / ".join(content[i] for i in row[:size])) for row, size in zip(picks, sizes, strict=True)]
        made.append(_append(texts, [form.replace("{}", slot) for slot in slots]))
    return np.stack(made)


def _slot(text: str) -> str:
    """Make a text fit between quotation marks on one line."""
    return " ".join(text.replace('"', "'").split())[:SLOT]


def _append(texts: list[str], more: list[str]) -> NDArray[np.int64]:
    texts += more
    return np.arange(len(texts) - len(more), len(texts), dtype=np.int64)
