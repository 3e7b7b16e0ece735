"""Folders of answers: a list in TOML beside the files it names, read whole and held to one set of prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from angelshare.core.errors import AnswersError, PlanError, PromptMismatchError
from angelshare.core.lineage import AnswerSource, AnswerSources
from angelshare.core.strict import decode_toml
from angelshare.lineage.answers import AnswerSet, Member, Panel
from angelshare.lineage.formats import Read, parse_answers
from angelshare.store.files import storage_errors

Side: TypeAlias = Literal["teachers", "panel", "siblings"]
"""What a folder holds; its list is SIDE.toml."""


class Folder(NamedTuple):
    """A folder of answers as read."""

    members: Sequence[Member]
    reads: Sequence[Read]
    hashes: Mapping[str, str]
    """SHA-256 of each model's file, by the model's name."""
    list_sha256: str
    """SHA-256 of the list itself."""


class Given(NamedTuple):
    """Everything a test is made on, as read from disk."""

    suspect: AnswerSet
    suspect_sha256: str
    teachers: Folder
    panel: Folder
    siblings: Folder | None

    def as_panel(self) -> Panel:
        """Give the panel as the method takes it."""
        return Panel(self.panel.members)


def read_given(suspect: Path, teachers: Path, panel: Path, *, siblings: Path | None = None) -> Given:
    """Read a suspect's file and the folders it is held against.

    Raises StorageError, PlanError (a list), AnswersError (a file), PromptMismatchError (two files, one prompt, two
    texts); each names file and line.
    """
    own, digest = read_answers(suspect)
    given = Given(
        own.answers, digest, read_folder(teachers, "teachers"), read_folder(panel, "panel"),
        None if siblings is None else read_folder(siblings, "siblings"),
    )  # fmt: skip
    folders = [given.teachers, given.panel, *([given.siblings] if given.siblings else [])]
    require_same_prompts([own, *(read for folder in folders for read in folder.reads)])
    return given


def read_answers(path: Path, *, name: str = "") -> tuple[Read, str]:
    """Read a file of answers and hash it; the model is called after the file unless named."""
    with storage_errors(path, "read these answers"):
        data = path.read_bytes()
    return parse_answers(data, path.name, name=name or path.stem), hashlib.sha256(data).hexdigest()


def read_folder(folder: Path, side: Side) -> Folder:
    """Read SIDE.toml in `folder` and every file it names."""
    path = folder / f"{side}.toml"
    if not path.is_file():
        raise PlanError(f"{folder}: no {path.name}; list its models there, one [[model]] with name and file each")
    with storage_errors(path, "read this list"):
        data = path.read_bytes()
    try:
        sources = decode_toml(data.decode("utf-8"), AnswerSources, str(path)).model
    except UnicodeDecodeError:
        raise PlanError(f"{path}: not UTF-8; save it as UTF-8") from None
    _require_names(sources, path)
    reads, hashes = [], {}
    for source in sources:
        read, hashes[source.name] = read_answers(_inside(folder, source, path), name=source.name)
        reads.append(read._replace(where=f"{folder.name}/{source.file}"))
    members = [Member(source, read.answers) for source, read in zip(sources, reads, strict=True)]
    return Folder(members, reads, hashes, hashlib.sha256(data).hexdigest())


def require_same_prompts(reads: Sequence[Read]) -> None:
    """Refuse files that have different text under one prompt's name, or share no prompt at all."""
    first: dict[str, tuple[str, Read]] = {}
    for read in reads:
        for prompt, answer in read.answers.replies.items():
            if not answer.prompt_sha256:
                continue
            digest, other = first.setdefault(prompt, (answer.prompt_sha256, read))
            if digest != answer.prompt_sha256:
                raise PromptMismatchError(
                    f"{read.where}, line {read.lines[prompt]}: prompt '{prompt}' has another text than in "
                    f"{other.where}, line {other.lines[prompt]}; answers are compared on the same prompts only: "
                    "collect them with one list of prompts (angelshare lineage collect)"
                )
    common = set(reads[0].answers.replies)
    for read in reads[1:]:
        left = common & set(read.answers.replies)
        if not left:
            raise AnswersError(
                f"{read.where}: answers none of the {len(common)} prompts that the files before it share; collect "
                "all answers with one list of prompts (angelshare lineage collect)"
            )
        common = left


def _require_names(sources: Sequence[AnswerSource], path: Path) -> None:
    seen: set[str] = set()
    for source in sources:
        if source.name in seen:
            raise PlanError(f"{path}: two models are called '{source.name}'; give each a name of its own")
        seen.add(source.name)
    if not sources:
        raise PlanError(f"{path}: lists no model; add [[model]] with name and file")


def _inside(folder: Path, source: AnswerSource, path: Path) -> Path:
    file = folder / source.file
    if not file.resolve().is_relative_to(folder.resolve()):
        raise PlanError(f"{path}: the file of '{source.name}' lies outside the folder; copy it there")
    return file
