import dataclasses
import json

import pytest
from reproductions.fingerprint import (
    BEGIN,
    END,
    against_hoeffding,
    below_hoeffding,
    criteria,
    dearer,
    fresh,
    gained,
    matched,
    of,
    pairs_of,
    remarks,
    reproduce,
    table,
)
from reproductions.fingerprint_cells import Sizes, Study

from angelshare.core.strict import encode

SMALL = Sizes(seeds=2, vocabulary=256, passages=400, rows=200, probe=32, read=40, decoys=9)
PRICE = 0.4

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # three bases and four students, half a minute of CPU


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("fingerprint"), SMALL, (PRICE,))


@pytest.fixture(scope="module")
def cells(study):
    return study.cells()


def test_both_marks_cost_what_was_asked(cells):
    for plain, adfp in pairs_of(cells, PRICE):
        assert plain.price == pytest.approx(PRICE, rel=0.15)
        assert adfp.price == pytest.approx(plain.price, rel=0.15)
        assert adfp.strength > plain.strength > 0.2


def test_the_base_learnt_nothing_and_costs_nothing(cells):
    for cell in of(cells, "none", 0.0):
        assert (cell.strength, cell.price) == (0.0, 0.0)
        assert cell.nats == cell.clean_nats
        assert min(own for own, _ in against_hoeffding(cell.fresh) + against_hoeffding(cell.served)) > -3


def test_a_fingerprint_lifts_what_is_likely_and_a_plain_list_does_not(cells):
    for plain, adfp in pairs_of(cells, PRICE):
        assert plain.nats > plain.clean_nats > adfp.nats
    assert dearer(cells, PRICE).high < 0


def test_students_of_a_seed_read_the_same_unmarked_text(cells):
    for seed in (1, 2):
        assert len({cell.fresh.expected.n for cell in cells if cell.seed == seed}) == 1
        assert len({cell.fresh.likeliest.statistic for cell in cells if cell.seed == seed}) > 1


def test_no_p_is_above_hoeffdings_and_one_that_were_would_be_seen(cells):
    assert all(own <= bound for cell in cells for read in (cell.fresh, cell.served)
               for own, bound in against_hoeffding(read))  # fmt: skip
    assert below_hoeffding(cells).passed
    broken = dataclasses.replace(
        cells[0], fresh=dataclasses.replace(cells[0].fresh, expected_hoeffding=fresh(cells[0]) - 0.1)
    )
    assert not below_hoeffding([broken, *cells[1:]]).passed


def test_prices_apart_fail_their_criterion(cells):
    apart = [dataclasses.replace(cell, price=cell.price * (2 if cell.mark == "adfp" else 1)) for cell in cells]

    assert not matched(apart).passed


def test_the_direction_is_judged_pair_by_pair_and_what_fails_stays_in_the_table(cells):
    swapped = {"plain": "adfp", "adfp": "plain", "none": "none"}
    turned = [dataclasses.replace(cell, mark=swapped[cell.mark]) for cell in cells]

    assert gained(turned, PRICE, fresh).value == pytest.approx(-gained(cells, PRICE, fresh).value)
    assert gained(cells, PRICE, fresh).n == 2
    failed = [check.criterion for check in criteria(turned) if not check.passed]
    assert any("no less likely" in criterion for criterion in failed)
    assert all(criterion in table(turned, criteria(turned)) for criterion in failed)
    assert len(remarks(cells)) == 2


def test_finished_cells_are_found_again_and_hold_no_secret(study, cells):
    path = study.folder / "adfp-0.4-1.json"
    before = path.stat().st_mtime_ns

    again = Study(study.folder.parents[1], SMALL, (PRICE,)).cells()

    assert encode(again) == encode(cells)
    assert path.stat().st_mtime_ns == before
    text = "".join(one.read_text() for one in study.folder.iterdir())
    assert all(study.key(seed).secret not in text for seed in (1, 2))
    assert json.loads(path.read_text())["mark"] == "adfp"


def test_a_small_study_reports_all_and_leaves_the_page(study, cells, tmp_path):
    (tmp_path / "watermark.md").write_text(f"{BEGIN}old\n{END}")

    outcome = reproduce(study.folder.parents[1], workers=1, sizes=SMALL, prices=(PRICE,), docs=tmp_path)

    assert [check.criterion for check in outcome.checks] == [check.criterion for check in criteria(cells)]
    assert all(check.found for check in outcome.checks)
    assert outcome.caveat == "a subset"
    assert (tmp_path / "watermark.md").read_text() == f"{BEGIN}old\n{END}"
