import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from angelshare.detect import sketch
from angelshare.detect.columns import ACCOUNT_DAYS, FIXED_POINT, HOURS, PAUSES, WAVES
from angelshare.detect.engine import close, connect
from angelshare.detect.links import KEPT, LINKS
from angelshare.detect.schema import REQUESTS, RFF
from traffic_requests import at, mixed, put, state, table


@pytest.fixture(scope="module")
def duck():
    backend = connect("duckdb")
    yield backend
    close(backend)


def sketched(place, duck, requests):
    where = state(place, d21=requests)
    assert sketch.update(where, duck) == ["2026-09-21"]
    return pq.read_table(place / "days" / "2026-09-21.parquet")


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in ("days", "links")
        for path in (folder / kind).iterdir()
    }


def test_a_day_of_one_account_is_counted_by_hand(tmp_path, duck):
    one = {"account_id": "a", "status": 200, "output_tokens": 10, "temperature": 0.0, "skeleton": 5, "plan": "free"}
    rows = sketched(
        tmp_path, duck,
        table(
            one | {"ts": at(1), "api_key_id": "k1"},
            one | {"ts": at(1, 0, 1), "status": 429, "api_key_id": "k1"},
            one | {"ts": at(1, 0, 31), "api_key_id": "k2", "skeleton": 6},
            {"account_id": "a", "ts": at(23, 59, 59, micro=999_999)},
        ),
    )  # fmt: skip

    (row,) = rows.to_pylist()
    assert row["requests"] == 4
    assert (row["output_tokens"], row["output_tokens_sq"], row["tokens_known"]) == (30, 300, 3)
    assert (row["greedy"], row["temperature_set"], row["text_known"]) == (3, 3, 3)
    assert (row["limited"], row["denied"], row["on_after_block"], row["moved_after_block"]) == (1, 0, 1, 1)
    assert (row["hour_01"], row["hour_23"], sum(row[name] for name in HOURS)) == (3, 1, 4)
    assert [row[name] for name in PAUSES] == [1, 0, 1, 0, 0, 1]
    assert row["gap_ms"] == row["gap_max_ms"] + 31_000 == 22 * 3_600_000 + 59 * 60_000 + 59_999
    assert (row["distinct_skeleton"], row["top_skeleton"], row["same_skeleton"]) == (2, 2, 5)
    assert (row["distinct_api_key"], row["distinct_bin"], row["distinct_asn"]) == (2, 2, 0)
    assert row["first_at"] == at(1).timestamp() * 1_000_000
    assert (row["plan"], row["created_at"]) == ("free", None)


def test_a_fault_of_the_server_is_told_from_a_block(tmp_path, duck):
    here, there = ({"account_id": "a", "ip_prefix": ip} for ip in ("192.0.2.0", "198.51.100.0"))
    rows = sketched(
        tmp_path, duck, table(here | {"ts": at(1), "status": 503}, there | {"ts": at(1, 0, 5), "status": 200})
    )

    (row,) = rows.to_pylist()
    assert (row["moved_after_fault"], row["moved_after_block"], row["on_after_block"]) == (1, 0, 0)


def test_sums_agree_with_the_rows_they_came_from(tmp_path, duck):
    requests = mixed(300)

    rows = sketched(tmp_path, duck, requests)

    plain = requests.to_pandas()
    assert rows.schema.remove_metadata() == ACCOUNT_DAYS
    assert rows["account_id"].to_pylist() == sorted(set(plain.account_id))
    for row in rows.to_pylist():
        mine = plain[plain.account_id == row["account_id"]]
        waves = np.array([wave for wave in mine.rff if wave is not None], dtype=np.float64)
        assert row["requests"] == len(mine)
        assert row["input_tokens"] == mine.input_tokens.sum()
        assert row["distinct_model"] == mine.model.nunique()
        assert row["distinct_sampling"] > 1
        assert row["rff_n"] == len(waves)
        assert row["no_session"] == mine.session_id.isna().sum()
        found = np.array([row[name] for name in WAVES]) / FIXED_POINT
        assert np.abs(found - waves.sum(axis=0)).max() < len(waves) / FIXED_POINT
        assert np.abs(found).max() > 0.01


def test_a_log_without_the_optional_columns_gives_counts_of_nothing(tmp_path, duck):
    (row,) = sketched(tmp_path, duck, table({"account_id": "a", "ts": at(3)})).to_pylist()

    assert (row["tokens_known"], row["rff_n"], row["gaps"], row["gap_max_ms"]) == (0, 0, 0, None)
    assert row["no_end_user"] == row["requests"] == 1
    assert set(REQUESTS.names) >= {"rff"}
    assert len(WAVES) == RFF


def test_a_day_is_computed_once_and_again_when_it_got_more(tmp_path, duck):
    where = state(tmp_path, d21=mixed(40), d22=mixed(40, day=1))

    assert sketch.update(where, duck) == ["2026-09-21", "2026-09-22"]
    assert sketch.update(where, duck) == []
    put(tmp_path, "2026-09-22", "second", table({"account_id": "late", "ts": at(3, day=1)}))
    assert sketch.update(where, duck) == ["2026-09-22"]
    assert "late" in pq.read_table(tmp_path / "days" / "2026-09-22.parquet")["account_id"].to_pylist()


def test_the_order_of_rows_and_files_changes_no_byte(tmp_path, duck):
    requests = mixed(60)
    shuffled = requests.take(np.random.default_rng(1).permutation(len(requests)))
    put(tmp_path / "one", "2026-09-21", "a", requests)
    put(tmp_path / "other", "2026-09-21", "a", shuffled)

    for name in ("one", "other"):
        sketch.update(state(tmp_path / name), duck)

    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")
    assert len(hashes(tmp_path / "one")) == 2


def test_a_kill_between_the_two_files_of_a_day_is_made_good(tmp_path, duck, monkeypatch):
    where = state(tmp_path, d21=mixed(40))
    with monkeypatch.context() as patch:
        patch.setattr(sketch, "_together", killed)
        with pytest.raises(KeyboardInterrupt):
            sketch.update(where, duck)
    assert [path.name for path in (tmp_path / "links").iterdir()] == ["2026-09-21.parquet"]
    assert list((tmp_path / "days").iterdir()) == []

    assert sketch.update(where, duck) == ["2026-09-21"]
    put(tmp_path / "whole", "2026-09-21", "first", mixed(40))
    sketch.update(state(tmp_path / "whole"), duck)
    assert hashes(tmp_path) == hashes(tmp_path / "whole")


def killed(*_):
    raise KeyboardInterrupt


def test_links_hold_the_values_used_most(tmp_path, duck):
    rows = [{"account_id": "a", "ts": at(0, n), "skeleton": n // 2} for n in range(40)]
    sketched(tmp_path, duck, table(*rows, {"account_id": "a", "ts": at(9), "skeleton": 19}))

    links = pq.read_table(tmp_path / "links" / "2026-09-21.parquet")
    assert links.schema.remove_metadata() == LINKS
    skeletons = [row for row in links.to_pylist() if row["kind"] == "skeleton"]
    assert len(skeletons) == 16
    assert {"value": "19", "n": 3}.items() <= max(skeletons, key=lambda row: row["n"]).items()
    assert {row["value"]: row["n"] for row in links.to_pylist() if row["kind"] == "bin"} == {
        "0": 10, "1": 10, "2": 10, "3": 10, "54": 1,
    }  # fmt: skip


def test_the_page_of_the_sketch_names_every_column_and_kind():
    text = (Path(__file__).parents[2] / "docs" / "sketch.md").read_text(encoding="utf-8")
    runs = (HOURS, PAUSES, WAVES)
    single = set(ACCOUNT_DAYS.names).difference(*runs) - {"account_id", "day"}

    assert {name for name in single | set(KEPT) if f"`{name}`" not in text} == set()
    assert [run for run in runs if f"`{run[0]}` … `{run[-1]}`" not in text] == []
