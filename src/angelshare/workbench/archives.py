"""Unpack an uploaded archive without trusting it: no traversal, links, devices, bombs or surplus entries."""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from angelshare.core.errors import RunFolderError, StorageError
from angelshare.workbench.tar_streams import count_in, open_tar

CHUNK = 1 << 16
"""Bytes read at a time, so that a bomb is noticed long before it is unpacked."""


@dataclass(frozen=True)
class Limits:
    """What an upload may hold."""

    archive_bytes: int = 32 << 20
    """Of the archive as sent."""

    entry_bytes: int = 64 << 20
    """Of one file, unpacked."""

    total_bytes: int = 256 << 20
    """Of all files, unpacked."""

    entries: int = 5_000
    """Files and folders."""

    depth: int = 8
    """Parts of a path."""


LIMITS = Limits()

_HEADERS = 4096
"""Bytes of headers that a tar's entry takes, generously."""

_LONGEST_NAME = 240
"""Bytes of a path: file systems hold 255 in one part of it."""

_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How a zip's entries may be packed: the others may ask for any amount of memory."""

_UNREADABLE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError,
    RuntimeError,  # zipfile's word for an entry under a password
    NotImplementedError,  # and for an odd compression
    UnicodeDecodeError,
)  # fmt: skip


def unpack(archive: Path, into: Path, limits: Limits = LIMITS) -> None:
    """Unpack a zip or tar archive (plain, gzip, bzip2, xz) into an empty folder.

    Sizes are counted as bytes come out, whatever the archive says of itself. Raises RunFolderError that names what is
    wrong and in which entry; what was unpacked until then is for the caller to throw away.
    """
    size = archive.stat().st_size
    if size > limits.archive_bytes:
        raise RunFolderError(
            f"{archive.name}: {size:,} bytes, and an upload may have {limits.archive_bytes:,}; "
            "send the run without its transcripts' copies, or import it at the server"
        )
    try:
        if zipfile.is_zipfile(archive):
            # zipfile makes an object of every entry before one can be looked at
            _refuse_count(count_in(archive, b"PK\x01\x02"), archive.name, limits)
            with zipfile.ZipFile(archive) as packed:
                _unpack_zip(packed, into, limits)
        else:
            most = limits.total_bytes + limits.entries * _HEADERS
            with archive.open("rb") as raw, open_tar(raw, most) as packed_tar:
                _unpack_tar(packed_tar, into, limits)
    except _UNREADABLE as error:
        raise RunFolderError(f"{archive.name}: not a readable zip or tar archive ({error}); pack it again") from None
    except OSError as error:
        if error.errno is not None:  # the disk's trouble; without a number it is a decompressor's word for broken data
            raise StorageError(f"{into}: cannot unpack an upload here ({error}); make room") from error
        raise RunFolderError(f"{archive.name}: not a readable zip or tar archive ({error}); pack it again") from None


def walk(folder: Path, limits: Limits = LIMITS) -> None:
    """Hold a folder on this machine to the same limits; links and devices are refused."""
    total = 0
    for number, path in enumerate(sorted(folder.rglob("*"))):
        name = path.relative_to(folder).as_posix()
        _refuse_count(number + 1, name, limits)
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            continue
        if not stat.S_ISREG(mode):
            raise RunFolderError(f"'{name}' is a link or device; a run holds plain files only: replace or remove it")
        total += path.lstat().st_size
        _refuse_size(path.lstat().st_size, total, name=name, limits=limits)


def _unpack_zip(packed: zipfile.ZipFile, into: Path, limits: Limits) -> None:
    budget = _Budget(limits)
    for entry in packed.infolist():
        mode = entry.external_attr >> 16
        place = _place(into, entry.filename, limits)
        budget.entry(entry.filename)
        if entry.is_dir():
            continue
        if entry.compress_type not in _READ:
            raise RunFolderError(f"'{entry.filename}' is packed in an unusual way; pack it again, as a plain zip")
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise RunFolderError(f"'{entry.filename}' is a link or device; a run holds plain files only: pack it again")
        with packed.open(entry) as source:
            _write(source, place, entry.filename, budget)


def _unpack_tar(packed: tarfile.TarFile, into: Path, limits: Limits) -> None:
    budget = _Budget(limits)
    for entry in packed:
        place = _place(into, entry.name, limits)
        budget.entry(entry.name)
        if entry.isdir():
            continue
        source = packed.extractfile(entry) if entry.isreg() else None
        if source is None:
            raise RunFolderError(f"'{entry.name}' is a link or device; a run holds plain files only: pack it again")
        _refuse_size(entry.size, entry.size, name=entry.name, limits=limits)
        with source:
            _write(source, place, entry.name, budget)


class _Budget:
    """What is left of the limits while an archive is unpacked."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self._entries, self._total = limits, 0, 0

    def entry(self, name: str) -> None:
        self._entries += 1
        _refuse_count(self._entries, name, self.limits)

    def spend(self, size: int, so_far: int, name: str) -> None:
        self._total += size
        _refuse_size(so_far, self._total, name=name, limits=self.limits)


def _write(source: IO[bytes], place: Path, name: str, budget: _Budget) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        target = place.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise RunFolderError(f"'{name}' stands in the archive twice; pack it again") from None
    so_far = 0
    with target:
        for chunk in _chunks(source):
            so_far += len(chunk)
            budget.spend(len(chunk), so_far, name)
            target.write(chunk)


def _chunks(source: IO[bytes]) -> Iterator[bytes]:
    while chunk := source.read(CHUNK):
        yield chunk


def _place(into: Path, name: str, limits: Limits) -> Path:
    """Give where an entry goes; refuse one that would leave the folder, or that another system would read so."""
    path = PurePosixPath(name)
    odd = not name or "\\" in name or ":" in name or not name.isprintable()  # lone surrogates are not printable
    if odd or path.is_absolute() or ".." in path.parts or len(path.parts) > limits.depth or _is_long(name):
        raise RunFolderError(f"{name[:80]!r} is no path inside a run folder; pack the folder itself, by relative paths")
    return into / path


def _is_long(name: str) -> bool:
    return len(name.encode()) > _LONGEST_NAME


def _refuse_count(count: int, name: str, limits: Limits) -> None:
    if count > limits.entries:
        raise RunFolderError(f"more than {limits.entries:,} entries, at '{name}'; pack one run folder and nothing else")


def _refuse_size(size: int, total: int, *, name: str, limits: Limits) -> None:
    if size > limits.entry_bytes or total > limits.total_bytes:
        raise RunFolderError(
            f"'{name}' takes the run past {limits.entry_bytes:,} bytes a file or {limits.total_bytes:,} in all, "
            "unpacked; import it at the server"
        )
