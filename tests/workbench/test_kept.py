"""What is kept to spare work never shows yesterday's text, another day's links, or one reader's page to another."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from angelshare.core.catalogue import Cell
from angelshare.workbench import chain
from angelshare.workbench.imports import import_run
from angelshare.workbench.measured import block
from workbench.runs import audit_run


@pytest.fixture
def put(now, make_dossier):
    def publish(slug, days_ago=0, **fields):
        dossier = make_dossier(slug, **({"measured": ()} | fields))
        return chain.publish(dossier, message="x", author=None, reviewer=None, now=now - timedelta(days=days_ago))

    return publish


def cell(relation):
    return Cell(instrument="act", topic="compute", relation=relation, claim="not-addressed", pinpoint="Art. 1")


def said(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/act/", "/compute/", "/matrix/", "/matrix/silent/", "/", "/pages/", "/compare/?of=act"]
)
def test_every_page_that_names_another_follows_its_revision_at_once(put, client, path):
    put("compute", kind="topic", title="Compute", cells=(cell("governs"),), days_ago=3)
    put("act", kind="instrument", title="First title", cells=(cell("silent"),), days_ago=2)
    before = said(client, path)
    assert said(client, path) == before
    assert "First title" in before

    put("act", kind="instrument", title="Second title", cells=(cell("silent"),))

    after = said(client, path)
    assert "Second title" in after
    assert ">First title<" not in after


def test_a_square_of_the_matrix_follows_its_revision_though_its_row_was_drawn(put, client):
    put("compute", kind="topic", title="Compute", days_ago=3)
    put("act", kind="instrument", title="Act", cells=(cell("silent"),), days_ago=2)
    assert '<span class="word">silent</span>' in said(client, "/matrix/")

    put("act", kind="instrument", title="Act", cells=(cell("conflicts"),))

    assert '<span class="word">conflicts</span>' in said(client, "/matrix/")
    assert '<span class="word">silent</span>' not in said(client, "/matrix/")


def test_a_row_drawn_once_carries_the_day_that_each_reader_asked_for(put, client, now):
    put("compute", kind="topic", title="Compute", days_ago=9)
    put("act", kind="instrument", title="Act", cells=(cell("silent"),), days_ago=9)
    days = [(now - timedelta(days=ago)).date().isoformat() for ago in (1, 2)]

    for path in ("/matrix/", "/matrix/silent/"):
        links = {day: re.findall(r'href="/act/([^"#]*)#', said(client, f"{path}?asof={day}")) for day in days}
        assert links == {day: [f"?asof={day}"] for day in days}
        assert re.findall(r'href="/act/([^"#]*)#', said(client, path)) == [""]
        assert "\x01" not in said(client, path)


def test_a_page_follows_the_import_of_the_run_it_shows(put, client, tmp_path, now):
    folder = audit_run(tmp_path / "run")
    run = import_run(folder, by=None, now=now)
    put("risk", measured=(block(run),))
    digest = run.sha256
    run.delete()
    without = said(client, "/risk/")

    import_run(folder, by=None, now=now)

    assert f"/runs/{digest}/" not in without
    assert f"/runs/{digest}/" in said(client, "/risk/")


@pytest.mark.parametrize("path", ["/risk/", "/", "/matrix/", "/pages/", "/risk/revisions/"])
def test_neither_kept_pages_reach_a_session_nor_a_sessions_page_another_reader(put, client, signed_in, path):
    put("risk", title="A risk")
    visitor = said(client, path)

    ann, bob = said(signed_in_as := signed_in("editor"), path), said(signed_in("reviewer"), path)
    again = said(client, path)

    assert (">editor</a>" in ann, ">reviewer</a>" in ann) == (True, False)
    assert (">editor</a>" in bob, ">reviewer</a>" in bob) == (False, True)
    assert again == visitor
    assert "Sign out" not in again
    assert not signed_in_as.get(path).has_header("ETag")
