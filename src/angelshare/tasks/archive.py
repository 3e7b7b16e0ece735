"""Opening Inspect's log files: a ZIP archive of JSON parts, or one JSON file."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from angelshare.core.errors import MissingExtraError, PlanError
from angelshare.store.files import storage_errors

ZSTANDARD: Final = 93
"""ZIP compression method that Inspect writes and Python's zipfile, before 3.14, cannot read (APPNOTE.TXT 4.4.5)."""
LOCAL_HEADER: Final = 30
"""Fixed size in bytes of a ZIP local file header (APPNOTE.TXT 4.3.7)."""


def inspect_parts(path: Path) -> tuple[Mapping[str, Any], Iterator[Mapping[str, Any]]]:
    """Give a log's header and its samples, read one by one.

    Raises PlanError for anything that is not such a log, StorageError, MissingExtraError.
    """
    if path.suffix == ".json":
        with storage_errors(path, "read this file"):
            log = parsed(path.read_bytes(), str(path))
        samples = log.get("samples")
        if not isinstance(samples, list) or not all(isinstance(sample, dict) for sample in samples):
            raise PlanError(f"{path}: no 'samples'; a log without its samples holds no item-level scores")
        return log, iter(samples)
    if path.suffix != ".eval":
        raise PlanError(f"{path}: an Inspect log ends in .eval or .json")
    with _archive(path) as archive:
        names = archive.namelist()
        if "header.json" not in names:
            raise PlanError(f"{path}: no header.json, so the run was cut short; finish it: inspect eval-retry")
        header = _part(archive, "header.json", path)
    return header, _samples(path)


def _samples(path: Path) -> Iterator[Mapping[str, Any]]:
    """Read an archive's samples one by one; it is opened once, since its index may list many thousands."""
    with _archive(path) as archive:
        for name in archive.namelist():
            if name.startswith("samples/"):
                yield _part(archive, name, path)


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with storage_errors(path, "read this file"):
        file = path.open("rb")
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise PlanError(f"{path}: not a ZIP archive, so not a whole Inspect log") from None
        yield archive


def parsed(data: bytes, where: str) -> Mapping[str, Any]:
    """Parse a JSON object; raises PlanError."""
    try:
        value = json.loads(data)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{where}: not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise PlanError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value


def _part(archive: zipfile.ZipFile, name: str, path: Path) -> Mapping[str, Any]:
    where = f"{path}: {name}"
    info = archive.getinfo(name)
    with storage_errors(path, "read this file"):
        if info.compress_type == ZSTANDARD:
            data = _raw(_stream(archive), info)
        else:
            try:
                return parsed(archive.read(name), where)
            except (zipfile.BadZipFile, NotImplementedError, zlib.error) as error:
                raise PlanError(f"{where}: cannot be unpacked ({error})") from None
    return parsed(_unpacked(data, where), where)


def _stream(archive: zipfile.ZipFile) -> IO[bytes]:
    file = archive.fp
    assert file is not None  # noqa: S101 - narrows the type: it is open until the archive is closed
    return file


def _raw(file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    """Read a member's compressed bytes; they follow its local header, which gives its own name and extra lengths."""
    file.seek(info.header_offset)
    name, extra = struct.unpack("<HH", file.read(LOCAL_HEADER)[26:30])
    file.seek(info.header_offset + LOCAL_HEADER + name + extra)
    return file.read(info.compress_size)


def _unpacked(data: bytes, where: str) -> bytes:
    try:
        import zstandard  # noqa: PLC0415 - optional
    except ModuleNotFoundError:
        raise MissingExtraError(f"{where} (it is zstandard-compressed)", "tasks") from None
    try:
        whole: bytes = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    except zstandard.ZstdError as error:
        raise PlanError(f"{where}: cannot be unpacked ({error})") from None
    return whole
