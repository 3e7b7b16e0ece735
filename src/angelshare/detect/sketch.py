"""From requests to one row per account and day; rows are read once, a day is computed once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from angelshare.detect.columns import (
    ACCOUNT_DAYS,
    ADDED,
    COUNTED,
    DISTINCT,
    FIXED_POINT,
    GAPS_MS,
    HOURS,
    PACED,
    PAUSES,
    TOPPED,
    WAVES,
)
from angelshare.detect.engine import batches, held, read
from angelshare.detect.links import DAY_S, LINKS, clocked, link_counts, since_1970, top
from angelshare.store.files import PART, make_folder, storage_errors

if TYPE_CHECKING:
    import ibis

VERSION = 1
"""Of the sketch; a day sketched by another version is computed again."""
BATCH = 50_000
"""Account-days written at a time."""
INPUTS, HOUR_S = b"angelshare.inputs", 3_600


class Folder(Protocol):
    """The state folder, as far as sketches need it."""

    @property
    def folder(self) -> Path:
        """Where `requests/`, `days/` and `links/` are."""
        ...


def account_days(requests: ibis.Table) -> ibis.Table:
    """Sketch each account's day in the columns of `ACCOUNT_DAYS`; no order is kept.

    Args:
        requests: columns of `schema.REQUESTS`, of any number of days.
    """
    table = clocked(requests)
    return _together(_parts(table, link_counts(table)))


def update(state: Folder, backend: ibis.BaseBackend) -> Sequence[str]:
    """Sketch the days of `state` that are new or got more requests since; give them as ISO dates.

    Writes `days/DAY.parquet` and `links/DAY.parquet`, sorted, whole or not at all, the same bytes from every engine.

    Raises StorageError, or the engine's own error.
    """
    done = []
    for folder in sorted((state.folder / "requests").glob("day=*")):
        day, files = folder.name.removeprefix("day="), sorted(folder.glob("*.parquet"))
        mark = _mark(files)
        out = [make_folder(state.folder / kind) / f"{day}.parquet" for kind in ("links", "days")]
        if files and [_marked(path) for path in out] != [mark, mark]:
            _sketch_day(backend, read(backend, files), out, mark=mark)
            done.append(day)
    return done


def _sketch_day(backend: ibis.BaseBackend, requests: ibis.Table, out: Sequence[Path], *, mark: bytes) -> None:
    table = clocked(requests)
    with ExitStack() as stack:
        counts = stack.enter_context(held(backend, link_counts(table)))
        linked = top(counts).order_by("kind", "account_id", "value", "day")
        _write(backend, linked, out[0], schema=LINKS, mark=mark)
        # one after the other, as the memory of one aggregation is what a day costs
        parts = [stack.enter_context(held(backend, part)) for part in _parts(table, counts)]
        _write(backend, _together(parts).order_by("account_id", "day"), out[1], schema=ACCOUNT_DAYS, mark=mark)


def _parts(table: ibis.Table, counts: ibis.Table) -> Sequence[ibis.Table]:
    """Sketch in parts, each of which reads only the columns of requests that it needs."""
    return _sums(table), _paces(_paced(table)), _waves(table), _variety(counts)


def _together(parts: Sequence[ibis.Table]) -> ibis.Table:
    joined = parts[0]
    for part in parts[1:]:
        # each request has a model, so no account and day is missing in any part
        joined = joined.inner_join(part, ["account_id", "day"])
    return joined.select(*ACCOUNT_DAYS.names)


def _paced(table: ibis.Table) -> ibis.Table:
    """Put beside each request what its account did last that day."""
    import ibis  # noqa: PLC0415 - an optional package, and slow to import

    window = ibis.window(group_by=[table.account_id, table.day], order_by=[table.micro, table.request_id])
    return table.mutate(
        gap_ms=((table.micro - table.micro.lag().over(window)) // 1_000).cast("int64"),
        last_status=table.status.lag().over(window),
        last_key=table.api_key_id.lag().over(window),
        last_network=table.ip_prefix.lag().over(window),
        last_provider=table.provider.lag().over(window),
    )


def _sums(table: ibis.Table) -> ibis.Table:
    hour = table.second % DAY_S // HOUR_S
    found: dict[str, ibis.Value] = {"requests": table.count()}
    found |= {name: table.count(where=meets(table)) for name, meets in COUNTED.items() if name not in PACED}
    found |= {name: _sum(value(table)) for name, value in ADDED.items() if name not in PACED}
    found |= {name: table.count(where=hour == index) for index, name in enumerate(HOURS)}
    found |= {
        "first_at": table.micro.min(),
        "last_at": table.micro.max(),
        "created_at": since_1970(table.account_created_at).min(),
    }
    return _by_account(table, found, plan=table.plan.min())


def _paces(table: ibis.Table) -> ibis.Table:
    found: dict[str, ibis.Value] = {name: table.count(where=COUNTED[name](table)) for name in PACED if name in COUNTED}
    found |= {name: _sum(ADDED[name](table)) for name in PACED if name in ADDED}
    found |= {name: table.count(where=meets) for name, meets in zip(PAUSES, _pauses(table), strict=True)}
    return _by_account(table, found | {"gap_max_ms": table.gap_ms.max()})


def _waves(table: ibis.Table) -> ibis.Table:
    found = {
        name: _sum((table.rff[index].cast("float64") * FIXED_POINT + 0.5).floor().cast("int64"))
        for index, name in enumerate(WAVES)
    }
    return _by_account(table, found)


def _by_account(table: ibis.Table, found: Mapping[str, ibis.Value], plan: ibis.Value | None = None) -> ibis.Table:
    whole = {name: value.cast("int64") for name, value in found.items()}
    more = {} if plan is None else {"plan": plan}
    return table.group_by("account_id", "day").aggregate(**whole, **more)


def _sum(value: ibis.Value) -> ibis.Value:
    return value.sum().fill_null(0)


def _pauses(table: ibis.Table) -> list[ibis.Value]:
    """Tell the classes of pauses apart: at most the first bound, up to the next, and above the last."""
    gap = table.gap_ms
    between = [(gap > low) & (gap <= high) for low, high in pairwise(GAPS_MS)]
    return [gap <= GAPS_MS[0], *between, gap > GAPS_MS[-1]]


def _variety(counts: ibis.Table) -> ibis.Table:
    """Count different values by kind, and how much is the same."""
    found = {f"distinct_{kind}": counts.count(where=counts.kind == kind) for kind in DISTINCT}
    for kind in TOPPED:
        found[f"top_{kind}"] = counts.n.max(where=counts.kind == kind).fill_null(0)
        found[f"same_{kind}"] = (counts.n * counts.n).sum(where=counts.kind == kind).fill_null(0)
    return _by_account(counts, found)


# --- files ----------------------------------------------------------------------------------------


def _mark(files: Sequence[Path]) -> bytes:
    """Name what a day is made of: the sketch's version and its input files, which are named by their content."""
    names = "\n".join([str(VERSION), *(path.name for path in files)])
    return hashlib.sha256(names.encode()).hexdigest().encode()


def _marked(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    with storage_errors(path, "read this file"):
        metadata: Mapping[bytes, bytes] = pq.read_schema(path).metadata or {}
    return metadata.get(INPUTS)


def _write(backend: ibis.BaseBackend, rows: ibis.Table, path: Path, *, schema: pa.Schema, mark: bytes) -> None:
    """Write sorted rows in groups of `BATCH`, so that the same rows are the same bytes whatever computed them."""
    marked = schema.with_metadata({INPUTS: mark})
    with _whole(path) as part, pq.ParquetWriter(part, marked, compression="zstd") as writer:
        for batch in _even(batches(backend, rows, BATCH), schema):
            writer.write_table(batch.replace_schema_metadata(marked.metadata))


def _even(pieces: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Cut what an engine gives in pieces of its own into tables of `BATCH` rows."""
    held = schema.empty_table()
    for batch in pieces:
        held = pa.concat_tables([held, pa.Table.from_batches([batch]).select(schema.names).cast(schema)])
        while held.num_rows >= BATCH:
            yield held.slice(0, BATCH).combine_chunks()
            held = held.slice(BATCH)
    yield held.combine_chunks()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Give a file to write that becomes `path` when all went well, and nothing otherwise."""
    with storage_errors(path, "write this file"):
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=PART, dir=path.parent, delete=False) as file:
            part = Path(file.name)
        try:
            yield part
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
