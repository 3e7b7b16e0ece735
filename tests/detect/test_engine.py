from importlib.util import find_spec

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import MissingExtraError, PlanError
from angelshare.detect.engine import Limits, batches, close, connect, held, read
from traffic_requests import mixed


@pytest.fixture
def duck(tmp_path):
    backend = connect("duckdb", Limits(memory_gib=1, threads=1, spill=tmp_path / "spill"))
    yield backend
    close(backend)


def setting(backend, name):
    return backend.raw_sql(f"SELECT current_setting('{name}')").fetchone()[0]


def test_the_embedded_engine_keeps_to_its_limits_and_to_utc(duck, tmp_path):
    assert setting(duck, "memory_limit") == "1.0 GiB"
    assert setting(duck, "threads") == 1
    assert setting(duck, "temp_directory") == str(tmp_path / "spill")
    assert setting(duck, "TimeZone") == "UTC"


def test_the_embedded_engine_says_nothing_of_its_own(duck):
    assert setting(duck, "enable_progress_bar") is False


def test_an_unknown_engine_is_refused_with_the_nearest_name():
    with pytest.raises(PlanError, match=r"no engine named 'duckbd'.*duckdb"):
        connect("duckbd")


def test_spark_without_its_package_names_the_extra():
    if find_spec("pyspark") is not None:
        pytest.skip("pyspark is installed")
    with pytest.raises(MissingExtraError, match=r"angelshare\[spark\]"):
        connect("spark")


def test_no_file_is_an_error_and_not_an_empty_table(duck):
    with pytest.raises(PlanError, match="ingest"):
        read(duck, [])


def test_the_name_of_a_folder_adds_no_column(duck, tmp_path):
    place = tmp_path / "day=2026-09-21"
    place.mkdir()
    pq.write_table(mixed(5), place / "a.parquet")
    pq.write_table(mixed(4), place / "b.parquet")

    table = read(duck, sorted(place.glob("*.parquet")))

    assert list(table.columns) == mixed(1).schema.names
    assert sum(batch.num_rows for batch in batches(duck, table, 3)) == 9


@pytest.mark.parametrize("spill", [None, "it's spilled"])
def test_a_held_table_is_computed_once_and_leaves_nothing_behind(tmp_path, spill):
    folder = None if spill is None else tmp_path / spill
    duck = connect("duckdb", Limits(memory_gib=1, threads=1, spill=folder))
    pq.write_table(pa.table({"x": range(100)}), tmp_path / "a.parquet")
    drawn = read(duck, [tmp_path / "a.parquet"]).mutate(y=ibis.random())

    with held(duck, drawn) as table:
        once, again = (next(batches(duck, table.order_by("x"), 100))["y"] for _ in range(2))
        assert once.equals(again)
        assert len(names(duck)) == 1
        assert folder is None or len(list(folder.iterdir())) == 1

    assert names(duck) == []
    assert folder is None or list(folder.iterdir()) == []
    close(duck)


def names(backend):
    found = backend.raw_sql("SELECT name FROM sqlite_master").fetchall()
    return [name for (name,) in found if name.startswith("held")]
