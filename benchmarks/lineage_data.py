"""Answers of real models for the goals of lineage: read from a folder that is never part of the package."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from angelshare.core.lineage import Answer, AnswerSource
from angelshare.lineage.answers import AnswerSet, Member

DATA = Path(__file__).parents[2] / "shared" / "data" / "lineage"
NOTHING = {"", "NONE", "UNKNOWN"}
MERGED = {"CHATGPT": "OPENAI23", "GPT4": "OPENAI23", "MIX_OPENAI": "OPENAI23", "TD": "TD"}
OTHER_NAMES = {
    "gpt-3.5-turbo": "CHATGPT", "gpt35": "CHATGPT", "gpt-4": "GPT4", "gpt4": "GPT4", "claude-v1": "CLAUDE12",
    "claude-instant-v1": "CLAUDE12", "palm-2-chat-bison-001": "PALM", "bard": "PALM",
}  # fmt: skip
HOUSES = {
    "TD": "openai", "CHATGPT": "openai", "GPT4": "openai", "GPT4T": "openai", "GPT4O": "openai",
    "CLAUDE12": "anthropic", "CLAUDE3": "anthropic", "GEMINI": "google", "PALM": "google", "LLAMA3I": "llama3it",
}  # fmt: skip
"""Families made by one house, which are no nulls for each other."""
SAME_PROJECT = {"guanaco": "guanaco", "llama-2-13b-chat": "llama2chat", "vicuna": "vicuna", "baize": "baize"}


def members(corpus: str, *, folder: Path = DATA) -> list[Member]:
    """Read every model of a corpus, teachers and others, with its label."""
    labels = {row["model"]: row for row in _labels(folder) if row["corpus"] == corpus}
    replies: dict[str, dict[str, Answer]] = {}
    for model, prompt, truncated, text in _rows(corpus, folder):
        replies.setdefault(model, {})[prompt] = Answer(prompt=prompt, text=text, truncated=truncated)
    return [
        Member(_source(labels[model], corpus), AnswerSet(model, kept))
        for model, kept in sorted(replies.items())
        if model in labels
    ]


def _labels(folder: Path) -> list[dict[str, str]]:
    with (folder / "lineage_labels.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _rows(corpus: str, folder: Path) -> Iterator[tuple[str, str, bool, str]]:
    import zstandard  # noqa: PLC0415 - an extra, needed for this data alone

    stem = {"alpacaeval": "alpacaeval", "mtbench": "mtbench", "qlora_vicuna80": "qlora"}[corpus]
    for path in sorted(folder.rglob(f"*{stem}*.jsonl.zst")):
        with path.open("rb") as file:
            for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8"):
                model, prompt, _, truncated, text = json.loads(line)
                yield model, str(prompt), bool(truncated), text.replace("\u27ea\u2026\u27eb", " ")


def _source(row: dict[str, str], corpus: str) -> AnswerSource:
    teacher = row["role"] == "teacher"
    family = (OTHER_NAMES.get(row["model"]) or row["base_family"]) if teacher else ""
    primary = row["primary_teacher"]
    taught = None
    if row["role"] == "negative":
        taught = []
    elif row["role"] == "student" and primary not in NOTHING:
        taught = ["CHATGPT", "GPT4"] if primary == "MIX_OPENAI" else [primary]
    return AnswerSource(
        name=row["model"], file="", family=family, project=_project(row, corpus), taught_by=taught,
        base=row["base_family"], evidence=row["evidence"],
    )  # fmt: skip


def _project(row: dict[str, str], corpus: str) -> str:
    model = row["model"]
    if row["role"] == "teacher":
        return HOUSES.get(OTHER_NAMES.get(model) or row["base_family"], "")
    for part, project in SAME_PROJECT.items():
        if part in model:
            return project
    if row["group"]:
        return row["group"]
    return f"{corpus} {model.split('-1k')[0].split('-6k')[0]}"
