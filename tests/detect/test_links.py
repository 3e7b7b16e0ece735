from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from angelshare.detect.engine import close, connect, read
from angelshare.detect.links import BINS, COLUMN_OF, KEPT, LINKS, TOP, clocked, links
from traffic_requests import at, mixed, table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def duck():
    backend = connect("duckdb")
    yield backend
    close(backend)


@pytest.fixture
def linked(duck, tmp_path):
    def run(requests):
        pq.write_table(requests, tmp_path / "a.parquet")
        found = duck.con.sql(duck.compile(links(read(duck, [tmp_path / "a.parquet"])))).to_arrow_table()
        return found.select(LINKS.names).cast(LINKS).to_pylist()

    return run


def test_of_values_used_alike_the_first_by_name_are_kept(linked):
    rows = linked(table(*({"account_id": "a", "ts": at(1), "ip_prefix": f"n{n:02}"} for n in reversed(range(TOP + 4)))))

    assert sorted(row["value"] for row in rows if row["kind"] == "ip_prefix") == [f"n{n:02}" for n in range(TOP)]


def test_sent_parameters_are_one_value_and_none_sent_is_none(linked):
    sent = [{"temperature": 0.0, "top_p": 0.95, "max_tokens": 256, "n_choices": 1}, {"temperature": 0.7}, {}]

    rows = linked(table(*({"account_id": "a", "ts": at(n)} | one for n, one in enumerate(sent))))

    assert sorted(row["value"] for row in rows if row["kind"] == "sampling") == ["0/95/256/1", "70/-/-/-"]


def test_every_row_counts_its_requests_and_says_when_the_value_came_first(linked):
    requests = mixed(200)

    rows = linked(requests)

    seen = defaultdict(list)
    for request in requests.to_pylist():
        for kind, column in COLUMN_OF.items():
            seen[request["account_id"], kind, str(request[column])].append(request["ts"])
    for row in rows:
        if row["kind"] in COLUMN_OF:
            mine = seen[row["account_id"], row["kind"], row["value"]]
            assert row["n"] == len(mine)
            assert row["first_at"] == (min(mine) - EPOCH) // timedelta(microseconds=1)
    assert {row["kind"] for row in rows} == set(KEPT)


def test_a_day_has_its_144_bins_and_the_last_microsecond_is_in_the_last(duck, linked, tmp_path):
    last = at(23, 59, 59, micro=999_999)

    rows = linked(table({"account_id": "a", "ts": at()}, {"account_id": "a", "ts": last}))
    timed = duck.con.sql(duck.compile(clocked(read(duck, [tmp_path / "a.parquet"])))).to_arrow_table()

    assert sorted(row["value"] for row in rows if row["kind"] == "bin") == ["0", str(BINS - 1)]
    assert max(timed["micro"].to_pylist()) == int(last.timestamp()) * 1_000_000 + 999_999
    assert len(set(timed["day"].to_pylist())) == 1
