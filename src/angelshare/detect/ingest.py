"""Logs into a state folder: read once, features computed under the operator's key, text dropped; safe to kill."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from angelshare.core.errors import LogError, PlanError
from angelshare.core.protocols import Reader
from angelshare.core.traffic import BadLine, Lines
from angelshare.detect.days import DayFiles
from angelshare.detect.readers.pieces import SAMPLES, Tally, tables
from angelshare.detect.requests import Names, requests
from angelshare.detect.sniff import other_format, reader_named, sniffed
from angelshare.detect.state import Ingested, State
from angelshare.store.files import make_folder, sha256_file

TOLERATED = 0.01
"""Share of bad lines up to which a file is taken without asking."""
SHOWN = 20
"""Bad lines shown over all files."""


def ingest(
    paths: Sequence[Path],
    state: State,
    *,
    key: bytes,
    reader: str | None = None,
    tolerate: float = TOLERATED,
    text: bool = True,
    advance: Callable[[int], None] | None = None,
) -> Lines:
    """Take log files into a state folder; a file taken in before, by its bytes, is not read again.

    A file is taken whole or not at all, and its Parquet files are the same bytes whenever it is taken, so an ingest
    that was killed is simply run again.

    Args:
        paths: files, and folders whose files are all taken.
        state: where the requests go, one file per day and input.
        key: the operator's 32 bytes.
        reader: name of a reader, `table:MAPPING.toml` for a table of one's own; None tells the format by looking.
        tolerate: largest share of bad lines of a file that is let pass.
        text: whether to compute features of prompts; text itself is never stored.
        advance: told the number of requests, as they are read.

    Returns what was read over all of `paths`, those taken in earlier included.

    Raises LogError for too many bad lines or another format, StorageError, RunFolderError, PluginError, PlanError.
    """
    named = reader_named(reader) if reader else None
    done: dict[str, Ingested] = {}
    with state.alone() as scratch:
        for path in files_of(paths):
            sha256 = sha256_file(path)
            if sha256 in done:
                continue
            earlier = state.ingested(sha256)
            if earlier is None:
                folder = make_folder(scratch / sha256[:16])
                earlier = _take(path, sha256, named or sniffed(path), key=key, text=text, tolerate=tolerate,
                                folder=folder, advance=advance or _silent)  # fmt: skip
                _put(state, sha256, folder)
                state.note(earlier)
            else:
                _same_settings(path, earlier, named, text=text)
            done[sha256] = earlier
    return together([one.lines for one in done.values()])


def files_of(paths: Sequence[Path]) -> list[Path]:
    """List files, and the files in folders by name; hidden ones and those still being written are left out.

    Raises PlanError for a path that is not there, or if nothing is.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise PlanError(f"{path}: no such file or folder")
        inside = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        found += [one for one in inside if one == path or _is_log(one.relative_to(path))]
    if not found:
        raise PlanError(f"no log files in {', '.join(map(str, paths)) or 'what was given'}")
    return found


def together(parts: Sequence[Lines]) -> Lines:
    """Add up what was read of several files."""
    reasons: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
    samples: list[BadLine] = [sample for part in parts for sample in part.samples]
    return Lines(
        read=sum(part.read for part in parts), skipped=sum(part.skipped for part in parts),
        reasons=dict(sorted(reasons.items())), samples=samples[:SHOWN], other=sum(part.other for part in parts),
    )  # fmt: skip


def _take(
    path: Path,
    sha256: str,
    reader: Reader,
    *,
    key: bytes,
    text: bool,
    tolerate: float,
    folder: Path,
    advance: Callable[[int], None],
) -> Ingested:
    """Read one file into day files in `folder`."""
    tally, names = Tally(path.name), Names(key)
    with DayFiles(folder) as days:
        for table, lines in tables(path, reader, tally):
            days.add(requests(table, lines, sha256, names=names, text=text))
            advance(table.num_rows)
        _judge(path, reader, tally, tolerate)
    return Ingested(
        name=path.name, sha256=sha256, reader=reader.name, text=text, days=days.written,
        lines=Lines(read=tally.read, skipped=tally.skipped, reasons=dict(sorted(tally.reasons.items())),
                    samples=tally.samples, other=tally.other),
    )  # fmt: skip


def _judge(path: Path, reader: Reader, tally: Tally, tolerate: float) -> None:
    """Refuse a file with too many bad lines, saying which and what else it could be."""
    total = tally.read + tally.skipped
    if total == 0 and tally.other == 0:
        return
    bad = tally.skipped / total if total else 0.0
    if bad <= tolerate and total:
        return
    other = other_format(path, reader)
    if total == 0:
        if other:
            raise LogError(f"{path.name}: no request in it as '{reader.name}' reads it. {other}")
        return
    worst = sorted(tally.reasons.items(), key=lambda item: -item[1])[:3]
    why = "; ".join(f"{reason} ({n})" for reason, n in worst)
    where = ", ".join(str(sample.line) for sample in tally.samples[:SAMPLES])
    raise LogError(
        f"{path.name}: {tally.skipped} of {total} lines cannot be read as '{reader.name}': {why}; first at line "
        f"{where}. {other or f'If that is as it should be, pass --tolerate {min(1.0, bad + 0.01):.2f}'}"
    )


def _same_settings(path: Path, earlier: Ingested, named: Reader | None, *, text: bool) -> None:
    """Refuse a file that was taken in otherwise, since what was computed from it then stands."""
    if named is not None and named.name != earlier.reader:
        raise PlanError(
            f"{path.name}: this state took it in with --reader {earlier.reader}; start a new --state to read it as "
            f"'{named.name}'"
        )
    if text and not earlier.text:
        raise PlanError(f"{path.name}: this state took it in without text; start a new --state to use its prompts")


def _put(state: State, sha256: str, folder: Path) -> None:
    """Move finished day files into place: the same names and bytes each time, so it may be cut anywhere."""
    for made in sorted(folder.glob("*.parquet")):
        target = make_folder(state.requests / f"day={made.stem}") / f"{sha256[:16]}.parquet"
        made.replace(target)
        _sync(target.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_log(inside: Path) -> bool:
    return not any(part.startswith((".", "_")) for part in inside.parts) and inside.suffix not in (".part", ".crc")


def _silent(rows: int) -> None:
    """Take no notice of progress."""
