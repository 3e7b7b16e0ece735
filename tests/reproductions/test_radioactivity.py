import dataclasses
import json

import pytest
from reproductions.radioactivity_cells import CONDITIONS, Sizes, Study
from reproductions.radioactivity_numbers import attenuation, evidence_of, excess, gap, needed, of
from reproductions.radioactivity_page import BEGIN, END, tables, write_tables

from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate, Refusal
from angelshare.core.strict import encode
from reproductions import radioactivity

SMALL = Sizes(
    seeds=2, vocabulary=256, passages=1000, rows=500, epochs=7.0, tokens=16_000, fresh=60, wrong=40, blocks=4
)  # fmt: skip
SOME = [one for one in CONDITIONS if one.name in ("none", "kgw-1", "kgw-4", "gumbel-4")]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # eight students, a minute of CPU


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("radioactivity"), SMALL, SOME)


@pytest.fixture(scope="module")
def cells(study):
    return study.cells()


def log10_p(cells, name, test):
    return [evidence_of(cell, test).log10_p_value for cell in of(cells, name)]


def test_a_narrow_mark_is_inherited_and_shows_in_text_and_more_so_in_the_weights(cells):
    assert max(log10_p(cells, "kgw-1", "closed")) < -6
    assert all(
        reading < closed
        for reading, closed in zip(log10_p(cells, "kgw-1", "reading"), log10_p(cells, "kgw-1", "closed"), strict=True)
    )
    assert all(cell.reading[0].decoy_p_value == 1 / 41 for cell in of(cells, "kgw-1"))


def test_a_student_of_no_mark_is_not_found_and_wrong_keys_give_uniform_p(cells):
    assert min(log10_p(cells, "none", "closed") + log10_p(cells, "none", "reading")) > -3
    checks = radioactivity.uniform(cells)

    assert len(checks) == 7
    assert all(check.passed for check in checks), [check.found for check in checks]


def test_the_trace_falls_with_the_window(cells):
    means = {name: sum(map(excess, of(cells, name))) / 2 for name in ("kgw-1", "kgw-4")}

    assert means["kgw-1"] > 5 * abs(means["kgw-4"])
    assert gap(cells, "kgw-1", "kgw-4").value == pytest.approx(means["kgw-1"] - means["kgw-4"])


def test_what_was_served_betrays_a_gumbel_mark_of_four_tokens(cells):
    assert max(log10_p(cells, "gumbel-4", "served")) < -6
    assert max(log10_p(cells, "gumbel-4", "served")) < min(log10_p(cells, "gumbel-4", "closed"))


def test_numbers_come_with_their_doubt(cells):
    kept = attenuation(cells, "kgw-1")
    few, many = (needed(cells, "kgw-1", level=level, reading=True) for level in (1e-3, 1e-6))

    assert kept.low <= kept.value <= kept.high
    assert "only 2 seeds" in kept.caution
    assert few.value < many.value
    assert isinstance(needed(cells, "kgw-4", level=1e-3, reading=False), Estimate | Refusal)


def test_finished_cells_are_found_again_unchanged(study, cells):
    path = study.folder / "kgw-1-1.json"
    before = path.stat().st_mtime_ns

    again = Study(study.folder.parents[1], SMALL, SOME).cells()

    assert encode(again) == encode(cells)
    assert path.stat().st_mtime_ns == before
    other = Study(study.folder.parents[1], dataclasses.replace(SMALL, rows=401))
    assert not list(other.folder.iterdir())


def test_no_cell_holds_a_secret(study, cells):
    text = "".join(path.read_text() for path in study.folder.iterdir())

    for one in SOME[1:]:
        assert study.key("-".join((one.scheme, str(one.window))), 1).secret not in text
    assert json.loads((study.folder / "none-1.json").read_text())["seed"] == 1


def all_conditions(cells):
    """Stand KGW h=1 cells in for the conditions that the small study leaves out."""
    absent = [one for one in CONDITIONS if one not in SOME]
    return [*cells, *(dataclasses.replace(cell, condition=one) for one in absent for cell in of(cells, "kgw-1"))]


def test_the_page_is_filled_between_its_marks_and_needs_them(cells, tmp_path):
    cells = all_conditions(cells)
    (tmp_path / "watermark.md").write_text(f"before\n{BEGIN}old\n{END}after\n")

    checks = radioactivity.criteria(cells)
    write_tables(cells, checks, tmp_path)

    page = (tmp_path / "watermark.md").read_text()
    assert page == f"before\n{BEGIN}{tables(cells, checks)}{END}after\n"
    assert page.count("| KGW, h = 1 |") == 2
    assert (tmp_path / "img/radioactivity-access.svg").read_text().count("<circle") >= 4 * 16
    (tmp_path / "watermark.md").write_text("no marks")
    with pytest.raises(PlanError, match="lacks the marks"):
        write_tables(cells, checks, tmp_path)


def test_every_criterion_has_a_figure_and_a_verdict(cells):
    checks = radioactivity.criteria(all_conditions(cells))

    assert len(checks) >= 15
    assert all(check.found for check in checks)
    assert any("h=4" in remark for remark in radioactivity.remarks(all_conditions(cells)))


def test_a_criterion_that_is_not_met_stays_in_the_table(cells):
    swapped = {"kgw-1": "kgw-4", "kgw-4": "kgw-1"}
    names = {one.name: one for one in CONDITIONS}
    wrong = [
        dataclasses.replace(cell, condition=names[swapped.get(cell.condition.name, cell.condition.name)])
        for cell in cells
    ]

    failed = {check.criterion for check in radioactivity.criteria(all_conditions(wrong)) if not check.passed}

    assert any("KGW h=4: not found at 1e-3" in criterion for criterion in failed)
    assert any("below -20" in criterion for criterion in failed)
