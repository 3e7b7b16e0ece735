"""Read a tar archive from someone else: decompressed within bounds of memory and size, with short headers."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zlib
from pathlib import Path
from typing import IO, NoReturn, Protocol

from angelshare.core.errors import RunFolderError

LONGEST_HEADER = 1 << 16
"""Bytes of a long name or an extended header, which tarfile reads into memory whole, whatever it claims."""

XZ_MEMORY = 1 << 27
"""Bytes an xz archive may ask for; `xz -9` takes half of it."""

HEADERS = frozenset(
    {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE}
)


class BoundedInfo(tarfile.TarInfo):
    """A member whose headers are short."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> BoundedInfo:
        """Read a header block; raises RunFolderError for one that announces a long one."""
        made = super().frombuf(buf, encoding, errors)
        if made.type == tarfile.GNUTYPE_SPARSE:
            raise _sparse()
        if made.type in HEADERS and made.size > LONGEST_HEADER:
            raise RunFolderError(f"a header of {made.size:,} bytes; pack the run folder again, with plain names")
        return made

    def _proc_gnusparse_10(self, *_given: object) -> NoReturn:
        raise _sparse()


def _sparse() -> RunFolderError:
    """A sparse file's map is read block by block for as long as it goes on, which can take hours."""
    return RunFolderError("a file is packed as sparse; pack the run folder again, without --sparse")


def open_tar(raw: IO[bytes], most: int) -> tarfile.TarFile:
    """Open a tar archive (plain, gzip, bzip2, xz) as a stream that gives at most so many bytes, headers included.

    Members are met one by one, and none is looked for behind a bomb. Reading past `most` raises RunFolderError; broken
    data raises the decompressor's own error.
    """
    return tarfile.open(fileobj=Plain(raw, most), mode="r|", tarinfo=BoundedInfo)


class _Decompressor(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Gzip:
    """Give zlib the shape of the other two."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class Plain(io.RawIOBase):
    """The bytes of an archive as they were before compression, counted as they come out."""

    def __init__(self, raw: IO[bytes], most: int) -> None:
        start = raw.read(6)
        raw.seek(0)
        self._raw, self._left, self._inner = raw, most, _decompressor(start)

    def read(self, size: int = 1 << 16, /) -> bytes:
        """Give up to `size` bytes; b"" at the end."""
        given = self._raw.read(size) if self._inner is None else self._decompressed(self._inner, size)
        self._left -= len(given)
        if self._left < 0:
            raise RunFolderError("the archive holds more than a run may, unpacked; import it at the server")
        return given

    def _decompressed(self, inner: _Decompressor, size: int) -> bytes:
        given = b""
        while not given and not inner.eof:
            data = self._raw.read(size) if inner.needs_input else b""
            if inner.needs_input and not data:
                raise EOFError("the archive is cut short")
            given = inner.decompress(data, size)
        return given


def _decompressor(start: bytes) -> _Decompressor | None:
    if start.startswith(b"\x1f\x8b"):
        return _Gzip()
    if start.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if start == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(memlimit=XZ_MEMORY)
    return None


def count_in(archive: Path, mark: bytes) -> int:
    """Count how often a mark stands in a file, reading it once."""
    found, kept = 0, b""
    with archive.open("rb") as raw:
        while chunk := raw.read(1 << 20):
            held = kept + chunk
            found += held.count(mark)
            kept = held[-(len(mark) - 1) :]
    return found
