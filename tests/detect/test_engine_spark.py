"""The same bytes from Spark: `make spark` installs it apart and runs these; elsewhere they are skipped."""

import pytest

from angelshare.detect.engine import Limits, close, connect
from angelshare.detect.sketch import update
from traffic_requests import mixed, put, state

pytest.importorskip("pyspark", reason="pyspark is not installed; run `make spark`")
# what Spark and Ibis say of their own parts is theirs to mend
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.filterwarnings("default")]


def test_spark_gives_the_same_files_byte_by_byte(tmp_path):
    for name, engine in (("one", "duckdb"), ("other", "spark")):
        for day in (21, 22):
            put(tmp_path / name, f"2026-09-{day}", "a", mixed(300, day=day - 21))
            put(tmp_path / name, f"2026-09-{day}", "b", mixed(50, day=day - 21, seed=1))
        backend = connect(engine, Limits(threads=2))
        update(state(tmp_path / name), backend)
        close(backend)

    written = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").glob("[dl]*/*.parquet"))
    assert len(written) == 4
    for path in written:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes(), path
