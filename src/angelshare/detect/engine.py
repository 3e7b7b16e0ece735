"""What runs the tables: DuckDB in this process, or a Spark that is there, behind one Ibis backend."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from angelshare.core.errors import EndpointError, MissingExtraError, PlanError, nearest
from angelshare.core.record import record
from angelshare.store.files import make_folder

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

ENGINES = ("duckdb", "spark", "spark://HOST:PORT", "sc://HOST:PORT")
"""Engines by name: embedded; Spark in this process; a Spark cluster; any server of the Spark Connect protocol."""

_NUMBERS = count()


@record
class Limits:
    """What the embedded engine may take of the machine; a cluster has limits of its own."""

    memory_gib: float = 3.0
    """Memory of its tables, in GiB; what needs more spills to `spill`. The process takes about 1 GiB beside."""

    threads: int = 2
    """Threads it computes with."""

    spill: Path | None = None
    """Folder for what does not fit; None lets nothing be spilled."""


def connect(name: str, limits: Limits | None = None) -> ibis.BaseBackend:
    """Open the engine called `name`; every instant it sees and gives is UTC.

    Args:
        name: one of `ENGINES`. `spark` needs pyspark and Java; `sc://` needs pyspark-client or pyspark.
        limits: for `duckdb` and `spark`.

    Raises PlanError for an unknown name, MissingExtraError without the packages, EndpointError if none answers there.
    """
    limits = limits or Limits()
    if name == "duckdb":
        return _duckdb(limits)
    if name == "spark" or name.startswith(("spark://", "sc://")):
        return _spark(name, limits)
    raise PlanError(f"no engine named '{name}'; {nearest(name, ENGINES)} Engines: {', '.join(ENGINES)}")


def read(backend: ibis.BaseBackend, files: Sequence[Path]) -> ibis.Table:
    """Open Parquet files of one folder as one table; a folder's name (`day=…`) adds no column.

    Raises PlanError if there are none.
    """
    if not files:
        raise PlanError("no Parquet file to read; ingest some logs first")
    if backend.name == "duckdb":
        with _old_names():
            return backend.read_parquet([str(path) for path in files], hive_partitioning=False)
    table = backend.read_parquet(str(files[0]))
    for path in files[1:]:
        table = table.union(backend.read_parquet(str(path)))
    return table


@contextmanager
def held(backend: ibis.BaseBackend, table: ibis.Table) -> Iterator[ibis.Table]:
    """Keep a table that is asked for twice: DuckDB computes it once, others as often as they find it best.

    It is kept as a compressed file in the folder for what is spilled, which takes a tenth of its memory; without such
    a folder, in memory.
    """
    if backend.name != "duckdb":
        yield table
        return
    # not Ibis' own cache(), whose clean-up DuckDB 2 refuses
    name, query = f"held_{next(_NUMBERS)}", backend.compile(table)
    spill = backend.raw_sql("SELECT current_setting('temp_directory')").fetchone()[0]
    if spill:
        file = make_folder(Path(spill)) / f"{name}_{os.getpid()}.parquet"
        make, drop = f"COPY ({query}) TO {_quoted(file)} (FORMAT parquet)", f"DROP VIEW IF EXISTS {name}"
    else:
        make, drop = f"CREATE TEMP TABLE {name} AS {query}", f"DROP TABLE IF EXISTS {name}"
    try:
        backend.raw_sql(make)
        with _old_names():
            made = backend.read_parquet(str(file), table_name=name) if spill else backend.table(name)
        yield made
    finally:
        if spill:
            file.unlink(missing_ok=True)
        backend.raw_sql(drop)


def batches(backend: ibis.BaseBackend, table: ibis.Table, rows: int) -> Iterator[pa.RecordBatch]:
    """Compute `table` and give it in pieces of about `rows` rows; DuckDB never holds more than a few of them."""
    if backend.name != "duckdb":
        # not Ibis' own to_pyarrow_batches, which goes through pandas and makes floats of whole numbers with gaps
        found = backend._session.sql(backend.compile(table)).toArrow()  # noqa: SLF001 - Ibis shows it nowhere else
        yield from found.to_batches(max_chunksize=rows)
        return
    result = backend.con.sql(backend.compile(table))
    # renamed in DuckDB 2; Ibis' own to_pyarrow_batches knows the old name only
    reader = result.to_arrow_reader if hasattr(result, "to_arrow_reader") else result.fetch_record_batch
    yield from reader(rows)


def close(backend: ibis.BaseBackend) -> None:
    """Let the engine go; a Spark in this process stops."""
    if backend.name == "pyspark":
        backend._session.stop()  # noqa: SLF001 - Ibis' own disconnect leaves the session's Java process running
    else:
        backend.disconnect()


@contextmanager
def _old_names() -> Iterator[None]:
    """Let Ibis 12 ask DuckDB 2 for schemas under the name of DuckDB 1, which still works and warns."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"fetch_arrow_table\(\) is deprecated", category=DeprecationWarning)
        yield


def _quoted(path: Path) -> str:
    """Write a path as text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _duckdb(limits: Limits) -> ibis.BaseBackend:
    try:
        import ibis  # noqa: PLC0415 - an optional package, and slow to import
    except ModuleNotFoundError as error:
        raise MissingExtraError("the engine 'duckdb'", "traffic") from error
    settings: dict[str, Any] = {
        "memory_limit": f"{limits.memory_gib}GiB",
        "threads": limits.threads,
        # sorted output is asked for where it matters; keeping the order of input elsewhere costs memory
        "preserve_insertion_order": False,
    }
    if limits.spill is not None:
        settings["temp_directory"] = str(limits.spill)
    backend = ibis.duckdb.connect(":memory:", **settings)
    backend.raw_sql("SET TimeZone = 'UTC'")
    # it would be written into our output, on which a caller may count to be JSON
    backend.raw_sql("SET enable_progress_bar = false")
    if limits.spill is None:
        backend.raw_sql("SET temp_directory = ''")
    return backend


def _spark(name: str, limits: Limits) -> ibis.BaseBackend:
    try:
        import ibis  # noqa: PLC0415 - an optional package, and slow to import
        from pyspark.errors import PySparkException, PySparkRuntimeError  # noqa: PLC0415
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"the engine '{name}'", "spark") from error
    if not name.startswith("sc://") and not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise EndpointError(
            f"the engine '{name}' needs Java 17 or later, and none was found; "
            "install it (Debian: openjdk-17-jre-headless) or set JAVA_HOME"
        )
    builder = SparkSession.builder.appName("angelshare").config("spark.sql.session.timeZone", "UTC")
    if name.startswith("sc://"):
        builder = builder.remote(name)
    else:
        builder = builder.master(name if name != "spark" else f"local[{limits.threads}]")
        builder = builder.config("spark.ui.enabled", "false").config(
            "spark.sql.execution.arrow.pyspark.enabled", "true"
        )
        builder = builder.config("spark.driver.memory", f"{max(1, round(limits.memory_gib))}g")
    try:
        return ibis.pyspark.connect(builder.getOrCreate())
    except (PySparkException, PySparkRuntimeError) as error:
        raise EndpointError(f"the engine '{name}' does not answer: {error}") from error
