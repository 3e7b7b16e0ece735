"""A run folder under way: begun once per plan and version, locked by one process, its finished cells never redone."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from angelshare.core.errors import RunFolderError
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION, CellResult, Item, Transcript
from angelshare.core.strict import decode_json, encode
from angelshare.store.files import atomic_write, make_folder, write_jsonl

T = TypeVar("T")
BEGUN, PLAN, LOCK = "begun.json", "plan.toml", ".lock"


@record
class Begun:
    """What a run folder was begun for; a folder begun for something else is refused."""

    format: int
    """Format version."""

    plan_sha256: str
    """Hash of the plan as decoded."""

    version: str
    """Version of angelshare: scores of two versions are not mixed in one run."""

    started_at: str
    """Instant in UTC of the first sitting."""

    commit: str = "unknown"
    """Commit of the source tree at the first sitting, "+dirty" if changed."""


@record
class ItemsNote:
    """items.json: which questions a run is about, so that changed data are noticed."""

    sha256: str
    """Hash of every test item and query with its reference answer, in order."""

    items: int
    """How many."""


class RunFolder:
    """Reads and writes the parts of one run."""

    def __init__(self, path: Path, begun: Begun) -> None:
        self.path, self.begun = path, begun
        self.scratch = path / "scratch"

    def save_cell(self, name: str, result: CellResult) -> None:
        """Write a finished cell, whole or not at all."""
        atomic_write(make_folder(self.path / "cells") / f"{name}.json", encode(result) + b"\n")

    def load_cell(self, name: str) -> CellResult | None:
        """Read a finished cell, or None if there is none yet."""
        path = self.path / "cells" / f"{name}.json"
        return _decoded(path, CellResult) if path.exists() else None

    def save_record(self, name: str, value: object) -> None:
        """Write a finished record of another kind under a relative name, whole or not at all."""
        path = self.path / f"{name}.json"
        make_folder(path.parent)
        atomic_write(path, encode(value) + b"\n")

    def load_record(self, name: str, kind: type[T]) -> T | None:
        """Read a finished record, or None if there is none yet."""
        path = self.path / f"{name}.json"
        return _decoded(path, kind) if path.exists() else None

    def save_transcripts(self, name: str, rows: Iterable[Transcript]) -> None:
        """Write a source's transcripts, whole or not at all."""
        write_jsonl(make_folder(self.path / "transcripts") / f"{name}.jsonl", rows)

    def settle_items(self, items: Sequence[Item]) -> None:
        """Note which items and queries, with which answers, this run is about; refuse others later on."""
        digest = hashlib.sha256(b"".join(encode(item) for item in items)).hexdigest()
        path = self.path / "items.json"
        if not path.exists():
            atomic_write(path, encode(ItemsNote(sha256=digest, items=len(items))) + b"\n")
        elif decode_json(path.read_bytes(), ItemsNote, str(path)).sha256 != digest:
            raise RunFolderError(
                f"{self.path}: the task's items, queries or answers are not those the run was begun with; put the "
                "task's data back as they were, or use another --out"
            )

    def load_transcripts(self, name: str) -> list[Transcript] | None:
        """Read a source's transcripts, or None if they are not there yet."""
        path = self.path / "transcripts" / f"{name}.jsonl"
        if not path.exists():
            return None
        decoder = msgspec.json.Decoder(Transcript)
        try:
            return [decoder.decode(line) for line in path.read_bytes().splitlines()]
        except msgspec.DecodeError as error:
            raise RunFolderError(
                f"{path}: not a transcript file ({error}); delete it and run the command again"
            ) from None


def load_cells(folder: Path) -> Sequence[CellResult]:
    """Read every finished cell of a run folder, by name."""
    return [_decoded(path, CellResult) for path in sorted((folder / "cells").glob("*.json"))]


def run_path(out: Path, plan_name: str, plan_sha256: str) -> Path:
    """Name the folder of a plan: its name and the first digits of its hash."""
    return out / f"{plan_name}-{plan_sha256[:8]}"


@contextmanager
def run_folder(path: Path, plan_text: str, begun: Begun) -> Iterator[RunFolder]:
    """Begin a run, or go on with one, while holding its lock.

    Raises RunFolderError if another process is at work in it or it was begun for another plan, version or format.
    """
    make_folder(path)
    handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFolderError(
                f"{path}: another process is at work in this run; wait for it or use another --out"
            ) from None
        first = _begin(path, plan_text, begun)
        make_folder(path / "scratch")
        yield RunFolder(path, first)
    finally:
        os.close(handle)


def _begin(path: Path, plan_text: str, begun: Begun) -> Begun:
    marker = path / BEGUN
    if not marker.exists():
        atomic_write(path / PLAN, plan_text.encode())
        atomic_write(marker, encode(begun) + b"\n")
        return begun
    first = decode_json(marker.read_bytes(), Begun, str(marker))
    if first.format > FORMAT_VERSION:
        raise RunFolderError(
            f"{path}: format {first.format} is newer than this angelshare reads ({FORMAT_VERSION}); upgrade it"
        )
    if (first.plan_sha256, first.version) != (begun.plan_sha256, begun.version):
        raise RunFolderError(
            f"{path}: begun by angelshare {first.version} for plan {first.plan_sha256[:8]}, this is "
            f"{begun.version} with "
            f"{begun.plan_sha256[:8]}; scores of two versions are not mixed: use another --out"
        )
    return first


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as error:
        raise RunFolderError(f"{path}: not a finished cell ({error}); delete it and run the command again") from None
