"""The matrix says what each instrument says, keeps silence apart from not having looked, and stands still as of a day."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from angelshare.core.catalogue import Cell
from angelshare.govern.catalogue import shipped
from angelshare.workbench import chain, matrix_grid
from angelshare.workbench.matrix_grid import read_grid, shown_relation
from angelshare.workbench.seed import seed_catalogue


def cell(relation="governs", topic="topic-compute", instrument="act", pinpoint="Art. 1"):
    return Cell(instrument=instrument, topic=topic, relation=relation, claim="not-addressed", pinpoint=pinpoint)


@pytest.fixture
def put(now, make_dossier):
    """Publish an instrument or a topic."""

    def publish(slug, kind, cells=(), days_ago=0, **facts):
        dossier = make_dossier(slug, kind=kind, title=slug, cells=tuple(cells), facts=facts, measured=())
        return chain.publish(dossier, message="x", author=None, reviewer=None, now=now - timedelta(days=days_ago))

    return publish


def test_rows_that_are_kept_are_bounded_and_the_latest_stay(put, monkeypatch):
    monkeypatch.setattr(matrix_grid, "_met", {})
    monkeypatch.setattr(matrix_grid, "_MOST_ROWS", 3)
    put("topic-compute", "topic")
    for number in range(4):
        head = put("act", "instrument", [cell(pinpoint=f"Art. {number}")])
        assert read_grid().rows[0].squares[0].pinpoint == f"Art. {number}"

    assert len(matrix_grid._met) == 3
    assert head.sha256 in {sha256 for sha256, _ in matrix_grid._met}


def test_every_cell_of_the_catalogue_stands_in_the_matrix_and_no_other(now):
    seed_catalogue(now=now)
    catalogue = shipped()

    grid = read_grid()

    shown = {
        (row.slug, square.topic): square for row in grid.rows for square in row.squares if square.relation != "unread"
    }
    assert set(shown) == {(cell.instrument, cell.topic) for cell in catalogue.cells}
    assert sum(grid.counts.values()) == len(catalogue.instruments) * len(catalogue.topics)
    assert grid.counts["silent"] == sum(cell.relation == "silent" for cell in catalogue.cells)
    assert [key for key, square in shown.items() if square.relation == "excludes"] == [
        ("eu-gpai-guidelines", "topic-distillates")
    ]


@pytest.mark.parametrize(
    ("topic", "relation", "treatment", "shown"),
    [
        ("topic-distillates", "governs", "excludes", "excludes"),
        ("topic-distillates", "governs", "targets", "governs"),
        ("topic-distillates", "silent", "excludes", "silent"),
        ("topic-compute", "governs", "excludes", "governs"),
    ],
)
def test_only_an_instrument_that_leaves_distillates_out_excludes_them(topic, relation, treatment, shown):
    assert shown_relation(cell(relation, topic), treatment) == shown


def test_silence_is_kept_apart_from_not_having_looked(put, client):
    put("topic-compute", "topic")
    put("act", "instrument", [cell("silent")], jurisdiction="EU")
    put("bill", "instrument", jurisdiction="US")

    page = client.get("/matrix/silent/").content.decode()

    silent, unread = page.partition("Not looked at: 1")[::2]
    assert 'href="/act/#cell-topic-compute"' in silent
    assert "/bill/" not in silent
    assert 'href="/bill/"' in unread


def test_the_matrix_of_a_day_is_that_of_the_pages_that_stood_then(put, client, now):
    put("topic-compute", "topic", days_ago=9)
    put("act", "instrument", [cell("silent")], days_ago=9, jurisdiction="EU")
    put("act", "instrument", [cell("governs")], jurisdiction="EU")
    put("later", "instrument", [cell("governs", instrument="later")], jurisdiction="EU")
    day = (now - timedelta(days=5)).date()

    then, today = read_grid(day), read_grid()

    assert [(row.slug, row.squares[0].relation) for row in then.rows] == [("act", "silent")]
    assert [(row.slug, row.squares[0].relation) for row in today.rows] == [("act", "governs"), ("later", "governs")]
    assert f"/act/?asof={day}#cell-topic-compute" in client.get(f"/matrix/?asof={day}").content.decode()


def test_the_matrix_can_be_narrowed_to_a_jurisdiction_and_saved_as_csv(put, client):
    put("topic-compute", "topic")
    put("act", "instrument", [cell()], jurisdiction="EU")
    put("bill", "instrument", [cell("implicit", instrument="bill")], jurisdiction="US")

    saved = client.get("/matrix/?format=csv&jurisdiction=US")
    rows = list(csv.DictReader(io.StringIO(saved.content.decode())))

    assert [(row["instrument"], row["relation"], row["pinpoint"]) for row in rows] == [("bill", "implicit", "Art. 1")]
    assert "attachment" in saved["Content-Disposition"]
    assert "/act/" not in client.get("/matrix/?jurisdiction=US").content.decode()
    assert client.get("/matrix/?jurisdiction=UE").status_code == 400


def test_every_square_is_named_in_words_beside_its_mark(put, client):
    put("topic-compute", "topic")
    put("act", "instrument", [cell("conflicts")], jurisdiction="EU")

    page = client.get("/matrix/").content.decode()

    assert '<span class="mark conflicts"></span><span class="word">conflicts</span>' in page
    assert "<small>Art. 1</small>" in page
