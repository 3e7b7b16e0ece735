"""Files that are either whole or absent: atomic writes, JSON Lines of records, hashes."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from angelshare.core.errors import RunFolderError, StorageError
from angelshare.core.strict import decode_json, encode

T = TypeVar("T")

PART = ".part"
"""Ending of a file that is still being written; one left behind belongs to a killed writer and holds nothing of use."""

_WHAT_WOULD_DO = {
    errno.ENOSPC: "the disk is full: free some space, or choose another folder with --out; finished work is kept",
    errno.EFBIG: "the file would be larger than the limit set for this process: raise it (ulimit -f)",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another folder with --out",
    errno.EACCES: "no permission: make the folder writable, or choose another with --out",
    errno.EPERM: "no permission: make the folder writable, or choose another with --out",
    errno.EROFS: "the file system is read-only: choose another folder with --out",
    errno.ENOENT: "no such file or folder: check the path",
    errno.ENOTDIR: "a part of the path is a file, not a folder: check the path",
    errno.EISDIR: "it is a folder, not a file: check the path",
}


@contextmanager
def storage_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn an OSError met while `doing` something to `path` into a StorageError that says what would do."""
    try:
        yield
    except OSError as error:
        hint = _WHAT_WOULD_DO.get(error.errno or 0, error.strerror or str(error))
        raise StorageError(f"{path}: cannot {doing}: {hint}") from error


def make_folder(path: Path) -> Path:
    """Create a folder and its parents unless they exist; raises StorageError."""
    with storage_errors(path, "create this folder"):
        path.mkdir(parents=True, exist_ok=True)
    return path


def atomic_write(path: Path, data: bytes) -> None:
    """Write `data` so that a reader sees the old file or the new one, never a piece; raises StorageError."""
    with storage_errors(path, "write this file"):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.chmod(0o666 & ~_umask())
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        _sync_folder(path.parent)


def sha256_file(path: Path) -> str:
    """Hash a file's bytes, in hexadecimal; raises StorageError."""
    with storage_errors(path, "read this file"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_jsonl(path: Path, records: Iterable[object]) -> None:
    """Write one record a line, all or nothing; raises StorageError."""
    atomic_write(path, _lines(records))


def append_jsonl(path: Path, records: Iterable[object]) -> None:
    """Add records to the end in one write, and wait until they are on disk.

    Raises StorageError, and RunFolderError if the last line there is half written (see `mend_jsonl`).
    """
    if path.exists() and _half_line(path):
        raise RunFolderError(_half_message(path))
    with storage_errors(path, "append to this file"), path.open("ab") as file:
        file.write(_lines(records))
        file.flush()
        os.fsync(file.fileno())


def read_jsonl(path: Path, kind: type[T]) -> Iterator[T]:
    """Read records line by line, strictly; an error names file and line.

    Raises StorageError, PlanError or UnknownKeyError for a wrong line, RunFolderError for a half-written last line.
    """
    with storage_errors(path, "read this file"):
        file = path.open("rb")
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                raise RunFolderError(_half_message(path, number))
            if line.strip():
                yield decode_json(line, kind, f"{path}, line {number}")


def mend_jsonl(path: Path) -> int:
    """Cut a half-written last line off, as a killed writer leaves it; give the number of bytes cut."""
    with storage_errors(path, "mend this file"), path.open("r+b") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        file.truncate(whole)
        os.fsync(file.fileno())
    return len(data) - whole


def _lines(records: Iterable[object]) -> bytes:
    return b"".join(encode(record) + b"\n" for record in records)


def _half_line(path: Path) -> bool:
    with storage_errors(path, "read this file"), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return False
        file.seek(size - 1)
        return file.read(1) != b"\n"


def _half_message(path: Path, number: int | None = None) -> str:
    place = f"{path}, line {number}" if number else f"{path}, last line"
    return (
        f"{place}: half written (no line end), as a killed writer leaves it; delete that line and run the command again"
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; not every file system lets a folder be synced."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
