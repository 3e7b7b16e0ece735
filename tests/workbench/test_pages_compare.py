"""Side by side: typed fields, the differences marked, an address that can be shared, CSV that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from angelshare.workbench import chain
from angelshare.workbench.comparison import lines_of, read_column

SLUG = "distillation-risk"


@pytest.fixture
def two(now, make_dossier, measured, claim):
    """Publish a page twice, a week apart, with another delay and another status."""
    early = make_dossier(measured=(measured(5.6, 4.6, 6.6),))
    late = make_dossier(measured=(measured(6.1, 5.2, 7.0),), claims=(claim(status="disputed"),))
    return [
        chain.publish(dossier, message="x", author=None, reviewer=None, now=now - timedelta(days=days))
        for dossier, days in ((early, 9), (late, 2))
    ]


@pytest.fixture
def columns(two, now):
    return [read_column(f"{SLUG}@{(now - timedelta(days=5)).date()}"), read_column(SLUG)]


def test_two_days_of_a_page_differ_in_what_was_revised_and_in_nothing_else(columns):
    differing = {(line.group, line.name): line.values for line in lines_of(columns) if line.differs}

    assert differing[("Measured", "delay: delay")] == ["5.6 months [4.6, 6.6]", "6.1 months [5.2, 7.0]"]
    assert set(differing) == {("Measured", "delay: delay"), ("Claims", "not-addressed")}


def test_a_revision_can_be_compared_by_the_first_digits_of_its_hash(two, columns):
    first = read_column(f"{SLUG}@{two[0].sha256[:10]}")

    assert first.fields == columns[0].fields
    assert first.revision == two[0].sha256


def test_a_field_that_one_page_has_not_is_said_to_be_absent(two, now, make_dossier):
    other = make_dossier("containment", measured=(), claims=(), sources=())
    chain.publish(other, message="x", author=None, reviewer=None, now=now)

    lines = {line.name: line for line in lines_of([read_column(SLUG), read_column("containment")])}

    assert lines["delay: delay"].values == ["6.1 months [5.2, 7.0]", None]
    assert not lines["Definition"].differs


def test_the_page_marks_what_differs_in_words_and_can_leave_out_the_rest(two, client):
    address = f"/compare/?of={SLUG}@{two[0].sha256[:12]}&of={SLUG}"

    whole = client.get(address).content.decode()
    only = client.get(f"{address}&only=differences").content.decode()

    assert whole.count('<tr class="differs">') == only.count('<tr class="differs">') == 2
    assert "(differs)" in whole
    assert "The risk that a model" in whole
    assert "The risk that a model" not in only


def test_the_comparison_is_saved_as_csv_with_the_hashes_of_what_was_compared(two, client):
    reply = client.get(f"/compare/?of={SLUG}@{two[0].sha256[:12]}&of={SLUG}&format=csv")
    rows = list(csv.reader(io.StringIO(reply.content.decode())))

    assert rows[1][3:] == [revision.sha256 for revision in two]
    assert ["Measured", "delay: delay", "yes", "5.6 months [4.6, 6.6]", "6.1 months [5.2, 7.0]"] in rows


def test_a_spreadsheet_does_not_take_a_field_for_a_formula(two, now, client, make_dossier):
    evil = make_dossier("evil", note="=HYPERLINK(1)", measured=())
    chain.publish(evil, message="x", author=None, reviewer=None, now=now)

    rows = list(csv.reader(io.StringIO(client.get("/compare/?of=evil&format=csv").content.decode())))

    assert ["Page", "Editorial note", "no", "'=HYPERLINK(1)"] in rows


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("of=nothing-there", 404, "nothing-there"),
        (f"of={SLUG}@2020-01-01", 404, "first published"),
        (f"of={SLUG}@2026-13-01", 400, "is not a day"),
        (f"of={SLUG}@abc", 400, "at least 8 digits"),
        ("of=run:1234", 404, "no imported run"),
        ("of=a&of=b&of=c&of=d&of=e&of=f&of=g", 400, "at most 6"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_what_would_do(two, client, asked, status, said):
    reply = client.get(f"/compare/?{asked}")

    assert reply.status_code == status
    assert said in reply.content.decode()


def test_nothing_asked_for_gives_the_form(client):
    assert b"Side by side" in client.get("/compare/").content
