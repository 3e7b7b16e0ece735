"""The folder a nightly run comes back to: the operator's key, the requests of each day, and what was taken in."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from angelshare.core.errors import PlanError, RunFolderError
from angelshare.core.record import record
from angelshare.core.strict import decode_json, encode
from angelshare.core.traffic import Lines
from angelshare.detect.keyed import KEY_BYTES
from angelshare.store.files import atomic_write, make_folder, storage_errors

STATE_FORMAT = 1


@record
class StateMark:
    """What a state folder says of itself."""

    format: int
    """Version of the layout."""

    key_check: str
    """A hash that only the right key gives; it tells nothing of the key."""


@record
class Ingested:
    """One log file that was taken in."""

    name: str
    """Name of the file, without its folder."""

    sha256: str
    """Hash of its bytes."""

    reader: str
    """Which reader read it."""

    text: bool
    """Whether features of prompts were computed."""

    days: Sequence[str]
    """Days it had requests of."""

    lines: Lines
    """What was read and what was not."""


class OperatorKey(NamedTuple):
    """The operator's key and whether it was made just now."""

    secret: bytes
    created: bool

    def __repr__(self) -> str:
        return f"OperatorKey(created={self.created})"


class State:
    """A state folder; made if it is not there.

    Raises StorageError, or RunFolderError for a folder of another layout.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)
        self.requests = make_folder(folder / "requests")
        """Parquet files of canonical requests, one folder a day."""
        self.days = make_folder(folder / "days")
        """Account-day sketches."""
        self.links = make_folder(folder / "links")
        """What links accounts, by day."""
        self.scratch = folder / "scratch"
        self._inputs = make_folder(folder / "inputs")
        self._mark = folder / "state.json"
        if self._mark.exists() and (found := self._read_mark().format) != STATE_FORMAT:
            raise RunFolderError(f"{folder}: state of format {found}; this angelshare reads {STATE_FORMAT}")

    def key(self, given: Path | None = None) -> OperatorKey:
        """Read the operator's key from `given`, or from the folder; make one there, for its owner's eyes, if none is.

        Raises PlanError for a file that is no key, or for a key other than the one this state was made with.
        """
        path = given or self.folder / "key"
        created = given is None and not path.exists()
        if created and self._mark.exists():
            raise PlanError(f"{path}: the key of this state is gone; put it back, or start a new --state")
        if created:
            _create_key(path)
        secret = _read_key(path)
        check = hmac.new(secret, b"angelshare state", hashlib.sha256).hexdigest()[:32]
        if not self._mark.exists():
            atomic_write(self._mark, encode(StateMark(format=STATE_FORMAT, key_check=check)))
        elif not hmac.compare_digest(self._read_mark().key_check, check):
            raise PlanError(
                f"{path}: not the key that {self.folder} was made with; "
                "give that key, or start a new --state, since features under two keys cannot be compared"
            )
        return OperatorKey(secret, created)

    def ingested(self, sha256: str) -> Ingested | None:
        """Find what a file of this hash gave when it was taken in."""
        path = self._inputs / f"{sha256}.json"
        return decode_json(path.read_bytes(), Ingested, str(path)) if path.exists() else None

    def inputs(self) -> Sequence[Ingested]:
        """List every file taken in, by hash."""
        return [decode_json(path.read_bytes(), Ingested, str(path)) for path in sorted(self._inputs.glob("*.json"))]

    def note(self, done: Ingested) -> None:
        """Write down that a file was taken in whole; the last step of an ingest."""
        atomic_write(self._inputs / f"{done.sha256}.json", encode(done))

    def day_folder(self, day: date) -> Path:
        """Give the folder of a day's requests."""
        return self.requests / f"day={day.isoformat()}"

    def known_days(self) -> Sequence[date]:
        """List the days that have requests, the first first."""
        return sorted(date.fromisoformat(path.name[4:]) for path in self.requests.glob("day=*") if any(path.iterdir()))

    @contextmanager
    def alone(self) -> Iterator[Path]:
        """Hold the folder against a second writer, and give an empty scratch folder.

        Raises RunFolderError while another process writes.
        """
        with storage_errors(self.folder, "open this folder"):
            handle = os.open(self.folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunFolderError(
                    f"{self.folder}: another process writes into this state; wait for it or use another --state"
                ) from None
            # what a killed ingest left behind holds nothing that the files in place do not
            shutil.rmtree(self.scratch, ignore_errors=True)
            yield make_folder(self.scratch)
            shutil.rmtree(self.scratch, ignore_errors=True)
        finally:
            os.close(handle)

    def _read_mark(self) -> StateMark:
        with storage_errors(self._mark, "read this file"):
            return decode_json(self._mark.read_bytes(), StateMark, str(self._mark))


def _create_key(path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    with storage_errors(path, "write this file"):
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def _read_key(path: Path) -> bytes:
    with storage_errors(path, "read this key file"):
        text = path.read_bytes()
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise PlanError(f"{path}: not a key; expected {2 * KEY_BYTES} hexadecimal digits")
    return secret
