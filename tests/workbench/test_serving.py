from __future__ import annotations

import pytest
from django.test.utils import override_settings

from angelshare.core.errors import PlanError, WorkspaceError
from angelshare.workbench import serving
from angelshare.workbench.outbox import ADDRESS, link

HERE = "http://127.0.0.1:8123/"


@pytest.fixture(autouse=True)
def no_server(monkeypatch):
    monkeypatch.setenv(ADDRESS, "")  # so that it is put back whatever the test leaves
    monkeypatch.delenv(ADDRESS)


def test_links_lead_where_the_last_server_answered(tmp_path):
    for address in ("http://127.0.0.1:1/", HERE):
        serving.remember(tmp_path, address)
    serving.do_as_the_server(tmp_path)

    assert link("/notices/") == "http://127.0.0.1:8123/notices/"
    assert [path.name for path in tmp_path.iterdir()] == [serving.FILE]


def test_an_origin_goes_before_where_the_server_answered(tmp_path):
    with override_settings(ORIGIN="https://workbench.example"):
        serving.remember(tmp_path, HERE)
    serving.do_as_the_server(tmp_path)

    assert link("/notices/") == "https://workbench.example/notices/"


def test_a_workspace_nobody_served_needs_an_origin(tmp_path):
    with pytest.raises(WorkspaceError, match="set ANGELSHARE_ORIGIN"):
        serving.do_as_the_server(tmp_path)
    with override_settings(ORIGIN="https://workbench.example"):
        serving.do_as_the_server(tmp_path)
        assert link("/") == "https://workbench.example/"


def test_letters_that_a_server_would_send_are_never_quietly_kept_as_files(tmp_path):
    with override_settings(EMAIL_URL="smtp://u:hush@mail.example"):
        serving.remember(tmp_path, HERE)
    with pytest.raises(WorkspaceError, match="EMAIL_URL is not set here"):
        serving.do_as_the_server(tmp_path)
    assert b"hush" not in (tmp_path / serving.FILE).read_bytes()


def test_another_database_than_the_servers_is_refused(tmp_path):
    serving.remember(tmp_path, HERE)
    there = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    here = serving.recall(tmp_path).database
    if here == "postgresql":
        there = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    with (
        pytest.warns(UserWarning, match="Overriding setting DATABASES"),
        override_settings(DATABASES=there),
        pytest.raises(WorkspaceError, match="give this command the server's DATABASE_URL"),
    ):
        serving.do_as_the_server(tmp_path)


def test_a_file_that_is_not_ours_is_said(tmp_path):
    (tmp_path / serving.FILE).write_text("{}")
    with pytest.raises(PlanError, match=r"serving\.json"):
        serving.do_as_the_server(tmp_path)
