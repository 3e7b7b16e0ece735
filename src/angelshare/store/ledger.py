"""The ledger: every paid answer, durable before anyone sees it, in an append-only hash-chained SQLite file.

Rows are written by one thread that commits whatever has gathered while the last commit ran (group commit),
so that many callers share one wait for the disk. The chain shows an auditor a row that was changed, inserted or
dropped before the last; the hash of the last row (`head`) belongs in the run's manifest, which closes the end.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Self

from angelshare.core.errors import AngelshareError, LedgerError, StorageError
from angelshare.store.files import storage_errors
from angelshare.store.rows import COLUMNS, GENESIS, Answer, Attempt, Row, chained_hash, row_of, values
from angelshare.store.totals import Tally, Totals

APPLICATION_ID = 0x414E4753
"""Marks an SQLite file as a ledger ("ANGS")."""
VERSION = 1
BATCH = 1000
"""Most rows in one commit."""
BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing to the same ledger."""

TABLES: dict[type, str] = {Answer: "answers", Attempt: "attempts"}

_SCHEMA = """
CREATE TABLE answers (
    row INTEGER PRIMARY KEY, request_sha256 TEXT NOT NULL, request TEXT NOT NULL, model TEXT NOT NULL,
    status INTEGER NOT NULL, response BLOB NOT NULL, usage TEXT NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, tokens_delivered INTEGER NOT NULL, usage_estimated INTEGER NOT NULL,
    price TEXT NOT NULL, cost_usd REAL, sent_at TEXT NOT NULL, seconds REAL NOT NULL, attempts INTEGER NOT NULL,
    previous TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE INDEX answers_by_request ON answers (request_sha256);
CREATE TABLE attempts (
    row INTEGER PRIMARY KEY, request_sha256 TEXT NOT NULL, at TEXT NOT NULL, event TEXT NOT NULL,
    reason TEXT NOT NULL, reserved_tokens INTEGER NOT NULL, reserved_usd REAL NOT NULL,
    previous TEXT NOT NULL, sha256 TEXT NOT NULL);
"""
_APPEND_ONLY = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""


class Ledger:
    """An open ledger. `append` may be called from any thread; close it, or use it as a context.

    Every row is checked against its hash when the file is opened, and again when it is read.

    Raises LedgerError for a file that is no ledger, is damaged, or holds a row that was changed or dropped;
    StorageError for one that cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._refuse_foreign_file()
        self._writer = self._connect()
        self._reader = self._connect()
        self._reading = threading.Lock()
        self._tally = Tally()
        self._rows = dict.fromkeys(TABLES, 0)
        self._heads = dict.fromkeys(TABLES, GENESIS)
        try:
            self._prepare()
            self._catch_up()
        except (sqlite3.Error, AngelshareError) as error:
            self._writer.close()
            self._reader.close()
            raise self._named(error) from error
        self._queue: queue.SimpleQueue[tuple[Row, Future[None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is queued, then close the file; does nothing the second time."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
            self._writer.close()
            self._reader.close()

    def append(self, row: Row) -> Future[None]:
        """Queue a row; the future is done when the row is on disk, or carries StorageError or LedgerError."""
        done: Future[None] = Future()
        self._queue.put((row, done))
        return done

    def find(self, request_sha256: str) -> Answer | None:
        """Look a paid answer up by its request, the first if there are several; raises LedgerError for a bad row."""
        columns = ", ".join(COLUMNS[Answer])
        query = f"SELECT row, previous, sha256, {columns} FROM answers WHERE request_sha256 = ? ORDER BY row LIMIT 1"  # noqa: S608 - our own names
        with self._reading:
            try:
                found = self._reader.execute(query, (request_sha256,)).fetchone()
            except sqlite3.Error as error:
                raise self._named(error) from error
        if found is None:
            return None
        row = self._checked(Answer, found)
        assert isinstance(row, Answer)  # noqa: S101 - narrows the type
        return row

    def answers(self) -> Iterator[Answer]:
        """Read all paid answers in order, each checked; raises LedgerError."""
        for row in self._stored(Answer, after=0):
            if isinstance(row, Answer):
                yield row

    def attempts(self) -> Iterator[Attempt]:
        """Read all attempts in order, each checked; raises LedgerError."""
        for row in self._stored(Attempt, after=0):
            if isinstance(row, Attempt):
                yield row

    def totals(self) -> Totals:
        """Add up what is on disk, including rows other processes wrote before our last commit."""
        with self._reading:
            return self._tally.totals()

    def head(self) -> str:
        """Hash of the last answer: with it in a manifest, dropping rows from the end shows too."""
        return self._heads[Answer]

    # --- opening -----------------------------------------------------------------------------------

    def _refuse_foreign_file(self) -> None:
        with storage_errors(self.path, "open this ledger"):
            if not self.path.exists():
                return
            with self.path.open("rb") as file:
                start = file.read(16)
        if start and start != b"SQLite format 3\0":
            raise LedgerError(f"{self.path}: not a ledger (it begins with {start[:16]!r}); give another path")

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            # FULL waits for the disk at every commit: an answer survives a power cut, not only a kill
            connection.executescript("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")
        except sqlite3.Error as error:
            raise self._named(error) from error
        return connection

    def _prepare(self) -> None:
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            (mark,) = self._writer.execute("PRAGMA application_id").fetchone()
            (version,) = self._writer.execute("PRAGMA user_version").fetchone()
            (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if mark == 0 and tables == 0:
                self._create()
            elif mark != APPLICATION_ID:
                raise LedgerError(f"{self.path}: an SQLite file, but not a ledger; give another path")
            elif version > VERSION:
                raise LedgerError(f"{self.path}: ledger version {version} is newer than {VERSION}; upgrade angelshare")
        finally:
            self._writer.execute("COMMIT")

    def _create(self) -> None:
        guards = "".join(
            _APPEND_ONLY.format(table=table, verb=verb) for table in TABLES.values() for verb in ("UPDATE", "DELETE")
        )
        # executescript would commit our transaction first, and a kill between the two would leave half a schema
        statement = ""
        for line in (_SCHEMA + guards).splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._writer.execute(statement)
                statement = ""
        self._writer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._writer.execute(f"PRAGMA user_version = {VERSION}")

    # --- writing -----------------------------------------------------------------------------------

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < BATCH and not self._queue.empty():
                item = self._queue.get()
                if item is None:
                    last = True
                    break
                batch.append(item)
            self._commit(batch)
            if last:
                return

    def _commit(self, batch: Sequence[tuple[Row, Future[None]]]) -> None:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._catch_up()
                heads, rows = self._insert([row for row, _ in batch])
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        except (sqlite3.Error, AngelshareError) as error:
            for _, done in batch:
                done.set_exception(self._named(error))
            return
        with self._reading:
            self._heads, self._rows = heads, rows
            for row, _ in batch:
                self._tally.add(row)
        for _, done in batch:
            done.set_result(None)

    def _insert(self, rows: Sequence[Row]) -> tuple[dict[type, str], dict[type, int]]:
        heads, numbers = dict(self._heads), dict(self._rows)
        inserts: dict[type, list[list[object]]] = {kind: [] for kind in TABLES}
        for row in rows:
            kind = type(row)
            sha256 = chained_hash(heads[kind], row)
            numbers[kind] += 1
            inserts[kind].append([numbers[kind], *values(row), heads[kind], sha256])
            heads[kind] = sha256
        for kind, table in TABLES.items():
            marks = ", ".join("?" * (len(COLUMNS[kind]) + 3))
            names = ", ".join(["row", *COLUMNS[kind], "previous", "sha256"])
            self._writer.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", inserts[kind])  # noqa: S608 - our own names
        return heads, numbers

    # --- reading and checking ----------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Take in rows that are on disk but not yet counted: all of them at first, later those of other processes."""
        fresh: list[Row] = []
        # a call is sent before it is answered, so attempts are counted first; "sent" then closes with its answer
        for kind in (Attempt, Answer):
            for row in self._stored(kind, after=self._rows[kind], connection=self._writer):
                self._heads[kind] = chained_hash(self._heads[kind], row)
                self._rows[kind] += 1
                fresh.append(row)
        with self._reading:
            for row in fresh:
                self._tally.add(row)

    def _stored(self, kind: type, *, after: int, connection: sqlite3.Connection | None = None) -> Iterator[Row]:
        columns, table = ", ".join(COLUMNS[kind]), TABLES[kind]
        query = f"SELECT row, previous, sha256, {columns} FROM {table} WHERE row > ? ORDER BY row"  # noqa: S608 - our own names
        expected, previous = after + 1, self._heads[kind] if after else GENESIS
        try:
            with closing((connection or self._reader).execute(query, (after,))) as cursor:
                for found in cursor:
                    if found[0] != expected or found[1] != previous:
                        raise self._bad(table, expected, "is missing, or does not follow the row before it")
                    yield self._checked(kind, found)
                    expected, previous = found[0] + 1, found[2]
        except sqlite3.Error as error:
            raise self._named(error) from error

    def _checked(self, kind: type, found: Sequence[object]) -> Row:
        number, previous, sha256, *fields = found
        try:
            row = row_of(kind, fields)
            intact = chained_hash(str(previous), row) == sha256
        except TypeError:  # a value of a type that no row holds, e.g. bytes where text belongs
            intact = False
        if not intact:
            raise self._bad(TABLES[kind], number, "was changed or damaged: it does not match its own hash")
        return row

    def _bad(self, table: str, number: object, what: str) -> LedgerError:
        return LedgerError(
            f"{self.path}: row {number} of '{table}' {what}; restore the file from a copy, "
            "or move it away and run again (what it holds would then be paid for again)"
        )

    def _named(self, error: sqlite3.Error | AngelshareError) -> AngelshareError:
        if isinstance(error, AngelshareError):
            return error
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return StorageError(
                f"{self.path}: the disk is full; free some space and run again: nothing recorded is lost"
            )
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
            return StorageError(f"{self.path}: cannot write the ledger ({error}); check folder, permissions and disk")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageError(f"{self.path}: another process has held the ledger for {BUSY_SECONDS:.0f} s; stop it")
        return LedgerError(
            f"{self.path}: the ledger is damaged ({error}); restore it from a copy, "
            "or move it away and run again (what it holds would then be paid for again)"
        )
