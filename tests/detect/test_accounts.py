import numpy as np
import pyarrow.parquet as pq
import pytest

from angelshare.core.errors import PlanError
from angelshare.detect.accounts import COLUMNS, days_before, load
from angelshare.detect.columns import FIXED_POINT, FOLDS, WAVES
from angelshare.detect.engine import close, connect
from angelshare.detect.links import KEPT
from angelshare.detect.sketch import update
from traffic_requests import at, mixed, state, table


def sketched(folder, **days):
    where = state(folder, **days)
    backend = connect("duckdb")
    update(where, backend)
    close(backend)
    return where


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    return sketched(
        tmp_path_factory.mktemp("state"), d21=mixed(80), d22=mixed(90, day=1, accounts=9), d27=mixed(20, day=6)
    )


def test_two_days_add_up_to_what_their_files_say(month):
    both = load(month, "2026-09-21", "2026-09-22")

    rows = [row for day in both.days for row in pq.read_table(month.folder / "days" / f"{day}.parquet").to_pylist()]
    assert both.days == ["2026-09-21", "2026-09-22"]
    assert both.active.sum(axis=0).tolist() == [80, 90]
    for place, account in enumerate(both.ids):
        mine = [row for row in rows if row["account_id"] == account]
        for name in COLUMNS:
            values = [row[name] for row in mine if row[name] is not None]
            assert both.columns[name][place] == {"sum": sum, "max": max, "min": min}[FOLDS[name]](values), name
        waves = [sum(row[name] for row in mine) / FIXED_POINT for name in WAVES]
        assert both.rff[place] == pytest.approx(waves, abs=1e-5)


def test_two_periods_merge_into_the_period_of_both(month):
    one, other, both = (
        load(month, *days) for days in (("2026-09-21",) * 2, ("2026-09-22",) * 2, ("2026-09-21", "2026-09-22"))
    )

    for account, total in zip(both.ids, both.columns["output_tokens"], strict=True):
        parts = [part.columns["output_tokens"][part.ids == account].sum() for part in (one, other)]
        assert sum(parts) == total


def test_hours_fall_on_their_day_of_the_week(tmp_path):
    where = sketched(
        tmp_path, d21=table({"account_id": "a", "ts": at(2)}), d27=table({"account_id": "a", "ts": at(23, day=6)})
    )

    accounts = load(where, "2026-09-01", "2026-09-30")

    assert np.flatnonzero(accounts.week[0]).tolist() == [2, 6 * 24 + 23]
    assert accounts.week[0].sum() == 2


def test_links_count_the_requests_of_each_account_and_value(month):
    accounts = load(month, "2026-09-21", "2026-09-27")

    assert set(accounts.links) == set(KEPT)
    models = accounts.links["model"]
    assert models.values.to_pylist() == ["m0", "m1", "m2"]
    assert models.counts.sum(axis=1).A1.tolist() == accounts.columns["requests"].tolist()
    assert accounts.links["bin"].counts.sum() == 190
    assert models.accounts().max() <= len(accounts)
    assert models.rarity().min() >= 0


def test_links_say_when_an_account_used_a_value_first(tmp_path):
    where = sketched(
        tmp_path,
        d21=table({"account_id": "a", "ts": at(1), "model": "old"}),
        d22=table(
            *({"account_id": "a", "ts": at(hour, day=1), "model": name} for hour, name in ((2, "new"), (3, "old")))
        ),
    )

    models = load(where, "2026-09-21", "2026-09-22", kinds=["model"]).links["model"]

    assert models.values.to_pylist() == ["new", "old"]
    assert models.counts.toarray().tolist() == [[1, 2]]
    assert models.first_at.tolist() == [at(2, day=1).timestamp() * 1e6, at(1).timestamp() * 1e6]


def test_a_value_of_one_account_links_nothing_and_is_left_out(tmp_path):
    rows = [{"account_id": name, "ts": at(1), "skeleton": own} for name in "ab" for own in (1, ord(name))]
    where = sketched(tmp_path, d21=table(*rows))

    skeletons = load(where, "2026-09-21", "2026-09-21", kinds=["skeleton", "asn"]).links["skeleton"]

    assert skeletons.values.to_pylist() == ["1"]
    assert skeletons.counts.toarray().tolist() == [[1], [1]]


def test_a_kind_the_log_does_not_have_links_nobody(tmp_path):
    where = sketched(tmp_path, d21=table({"account_id": "a", "ts": at(1)}))

    nobody = load(where, "2026-09-21", "2026-09-21", kinds=["payment"]).links["payment"]

    assert nobody.counts.shape == (1, 0)
    assert len(nobody.values) == len(nobody.first_at) == 0


def test_what_is_not_known_is_marked_and_no_share_of_nothing_is_given(tmp_path):
    accounts = load(sketched(tmp_path, d21=table({"account_id": "a", "ts": at(1)})), "2026-09-21", "2026-09-21")

    assert not accounts.known["created_at"][0]
    assert not accounts.known["gap_max_ms"][0]
    assert accounts.share("reasoning_tokens", "output_tokens").tolist() == [-1.0]
    assert accounts.share("no_session").tolist() == [1.0]
    assert accounts.plan.tolist() == [None]


def test_a_period_without_sketches_is_refused(month):
    with pytest.raises(PlanError, match="no day from 2025-01-01"):
        load(month, "2025-01-01", "2025-01-02")
    with pytest.raises(PlanError, match="write days like"):
        load(month, "yesterday", "2025-01-02")


def test_history_ends_the_day_before():
    assert days_before("2026-10-01", 30) == ("2026-09-01", "2026-09-30")
