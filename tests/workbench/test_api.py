import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from angelshare.core.catalogue import Cell
from angelshare.workbench import chain, ratelimit, tokens
from angelshare.workbench.api import api
from angelshare.workbench.imports import import_run
from angelshare.workbench.models import Proposal, Run
from angelshare.workbench.watches import watch_for
from workbench.runs import audit_run, zipped

V1 = "/api/v1"


@pytest.fixture(autouse=True)
def own_bucket(monkeypatch):
    monkeypatch.setattr(ratelimit, "API", ratelimit.CallLimit(burst=1_000, per_second=100.0))


@pytest.fixture
def pages(make_dossier, claim, now):
    alpha = make_dossier("alpha")
    beta = make_dossier(
        "beta", kind="instrument", title="An Act", facts={"jurisdiction": "EU"},
        claims=(claim("b1", status="disputed"), claim("b2", expires_on="2026-12-01")),
        cells=(Cell(instrument="beta", topic="compute", relation="silent", claim="b1", pinpoint="Art. 1"),),
    )  # fmt: skip
    first = chain.publish(alpha, message="First", author=None, reviewer=None, now=now - timedelta(days=2))
    chain.publish(beta, message="First", author=None, reviewer=None, now=now - timedelta(days=2))
    changed = replace(alpha, definition="Another sentence.")
    second = chain.publish(changed, message="Reword", author=None, reviewer=None, now=now)
    return first, second


@pytest.fixture
def bearer(people):
    def make(role="researcher", scopes=("read", "propose", "watch"), lives=timedelta(days=1)):
        text, _ = tokens.issue(people[role], "t", list(scopes), lives=lives, now=datetime.now(UTC))
        return {"HTTP_AUTHORIZATION": f"Bearer {text}"}

    return make


def get(client, path, **headers):
    answer = client.get(f"{V1}{path}", **headers)
    assert answer["Access-Control-Allow-Origin"] == "*"
    return answer


def test_a_page_is_given_as_it_stands_and_as_it_stood(client, pages, now):
    assert get(client, "/pages/alpha").json()["dossier"]["definition"] == "Another sentence."
    day = (now - timedelta(days=1)).date().isoformat()
    before = get(client, f"/pages/alpha?asof={day}").json()
    assert before["revision"]["sha256"] == pages[0].sha256
    assert before["dossier"]["definition"] != "Another sentence."


def test_a_revision_says_what_it_changed_and_may_be_named_by_its_first_digits(client, pages):
    answer = get(client, f"/pages/alpha/revisions/{pages[1].sha256[:12]}").json()
    assert [change["path"] for change in answer["changes"]] == ["definition"]
    assert answer["revision"]["parent"] == pages[0].sha256
    listed = get(client, "/pages/alpha/revisions").json()["items"]
    assert [row["number"] for row in listed] == [2, 1]


@pytest.mark.parametrize("path", ["/pages?limit=1", "/claims?limit=1", "/changes?limit=1"])
def test_screens_joined_are_the_whole_list(path, client, pages):
    whole = get(client, path.replace("limit=1", "limit=100")).json()["items"]
    joined, cursor = [], ""
    for _ in range(len(whole) + 2):
        screen = get(client, f"{path}&cursor={cursor}").json()
        joined += screen["items"]
        if not screen["next"]:
            break
        cursor = screen["next"]
    assert joined == whole
    assert len(whole) > 1


def test_claims_are_filtered_by_what_they_are_worth_where_and_when_they_expire(client, pages):
    def ids(query):
        return [row["claim"]["id"] for row in get(client, f"/claims?{query}").json()["items"]]

    assert ids("status=disputed") == ["b1"]
    assert ids("jurisdiction=EU") == ["b1", "b2"]
    assert ids("expires_before=2027-01-01") == ["b2"]
    assert ids("slug=alpha") == ["not-addressed"]
    assert ids("status=disputed&evidence=memory") == []


def test_the_stream_of_claims_holds_the_same_claims_as_the_list(client, pages):
    answer = get(client, "/claims.jsonl")
    assert answer.streaming
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert rows == get(client, "/claims").json()["items"]


def test_a_cell_says_beside_its_relation_the_word_that_the_matrix_shows(client, make_dossier, now):
    cell = Cell(instrument="gamma", topic="topic-distillates", relation="governs", claim="", pinpoint="")
    dossier = make_dossier("gamma", kind="instrument", facts={"treatment of distillation": "excludes"}, cells=(cell,))
    chain.publish(dossier, message="x", author=None, reviewer=None, now=now)

    (row,) = get(client, "/cells?instrument=gamma").json()["items"]
    assert (row["relation"], row["shown"]) == ("governs", "excludes")


def test_instruments_cells_and_search_are_found(client, pages):
    assert [row["slug"] for row in get(client, "/instruments?jurisdiction=EU").json()["items"]] == ["beta"]
    assert [row["relation"] for row in get(client, "/cells?topic=compute").json()["items"]] == ["silent"]
    assert get(client, "/cells?topic=compute&relation=governs").json()["items"] == []
    found = get(client, "/search?q=act&kind=instrument").json()
    assert found["total"] == 1
    assert found["items"][0]["slug"] == "beta"


def test_whoever_holds_an_answer_is_told_that_it_still_holds(client, pages, now):
    first = get(client, "/pages/beta")
    again = get(client, "/pages/beta", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    dossier, _ = chain.dossier_at("beta")
    chain.publish(replace(dossier, note="New."), message="x", author=None, reviewer=None, now=now)
    assert get(client, "/pages/beta", HTTP_IF_NONE_MATCH=f"W/{first['ETag']}").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/pages/none", 404, "NoSuchPageError"),
        ("/pages/none/revisions", 404, "NoSuchPageError"),
        ("/pages/alpha?asof=1999-01-01", 404, "NoSuchPageError"),
        ("/pages/alpha?asof=yesterday", 400, "PlanError"),
        ("/pages/alpha/revisions/zz", 400, "PlanError"),
        ("/runs/00", 404, "NoSuchPageError"),
        ("/claims?cursor=!!", 400, "PlanError"),
        ("/claims?cursor=YQ", 400, "PlanError"),
        ("/claims?status=fine", 422, "InvalidCall"),
        ("/claims?limit=0", 422, "InvalidCall"),
        ("/pages/a%00b", 400, "BadRequest"),
        ("/me/watches", 401, "NoToken"),
        ("/nothing", 404, "NotFound"),
        ("/proposals", 405, "MethodNotAllowed"),
    ],
)  # fmt: skip
def test_every_error_has_the_one_shape(path, status, kind, client, pages):
    answer = get(client, path)
    assert answer.status_code == status
    assert answer.json()["error"]["kind"] == kind
    assert answer.json()["error"]["says"]
    assert answer["Cache-Control"] == "no-store"


def test_a_caller_who_comes_too_often_is_told_when_to_come_again(client, pages, monkeypatch):
    monkeypatch.setattr(ratelimit, "API", ratelimit.CallLimit(burst=2, per_second=0.1))
    assert [client.get(f"{V1}/pages").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(f"{V1}/pages")
    assert int(refused["Retry-After"]) >= 1
    assert refused.json()["error"]["kind"] == "TooManyCalls"


def test_another_site_may_read_and_may_not_write(client):
    preflight = client.options(f"{V1}/pages")
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "Access-Control-Allow-Origin" not in client.post(f"{V1}/proposals")
    assert "Access-Control-Allow-Credentials" not in preflight


def test_a_session_opens_nothing_that_needs_a_token(signed_in):
    assert signed_in("admin").get(f"{V1}/me/watches").status_code == 401
    assert signed_in("admin").post(f"{V1}/proposals").status_code == 401


def test_a_token_opens_what_its_scopes_open_and_ends_with_its_life(client, pages, people, bearer, now):
    watch_for(people["researcher"], "page", slug="alpha", now=now)
    watch_for(people["editor"], "page", slug="alpha", now=now)
    shown = client.get(f"{V1}/me/watches", **bearer()).json()["items"]
    assert [row["slug"] for row in shown] == ["alpha"]
    assert "feed_key" not in shown[0]
    assert client.get(f"{V1}/me/watches", **bearer(scopes=["read"])).status_code == 403
    dead = bearer(lives=timedelta(microseconds=1))
    assert client.get(f"{V1}/me/watches", **dead).status_code == 401
    assert client.get(f"{V1}/me/watches", HTTP_AUTHORIZATION="Bearer angelshare_made-up").status_code == 401


@pytest.fixture
def archive(tmp_path):
    def make(folder="run"):
        return SimpleUploadedFile("run.zip", zipped(audit_run(tmp_path / folder), tmp_path / "run.zip").read_bytes())

    return make


def test_a_run_is_brought_and_proposed_for_a_page_and_changes_nothing_by_itself(client, pages, bearer, archive, people):
    answer = client.post(f"{V1}/proposals", {"archive": archive(), "page": "alpha", "message": "Ours"}, **bearer())
    assert answer.status_code == 201, answer.content
    proposal = Proposal.objects.get(pk=answer.json()["id"])
    assert proposal.author == people["researcher"]
    assert proposal.dossier["measured"][-1]["run"] == proposal.run_id == Run.objects.get().sha256
    assert chain.dossier_at("alpha")[1] == pages[1]
    mine = client.get(f"{V1}/me/proposals", **bearer()).json()["items"]
    assert [row["state"] for row in mine] == ["open"]
    assert client.get(f"{V1}/me/proposals", **bearer("editor")).json()["items"] == []


def test_the_same_run_sent_again_is_one_import_and_one_proposal(client, pages, bearer, archive):
    first = archive()
    held = bearer()
    assert client.post(f"{V1}/proposals", {"archive": first, "page": "alpha"}, **held).status_code == 201
    first.seek(0)
    again = client.post(f"{V1}/proposals", {"archive": first, "page": "alpha"}, **held)
    assert again.status_code == 400
    assert "waits for a decision already" in again.json()["error"]["says"]
    assert Run.objects.count() == 1
    assert Proposal.objects.count() == 1


def test_what_cannot_be_relied_on_is_refused_and_leaves_nothing(client, pages, bearer, tmp_path, workspace):
    bad = SimpleUploadedFile("run.zip", b"PK\x03\x04 nothing")
    answer = client.post(f"{V1}/proposals", {"archive": bad, "page": "alpha"}, **bearer())
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "RunFolderError"
    assert str(workspace) not in answer.content.decode()
    folder = audit_run(tmp_path / "run")
    (folder / "report.json").write_text("{}")
    altered = SimpleUploadedFile("run.zip", zipped(folder, tmp_path / "altered.zip").read_bytes())
    answer = client.post(f"{V1}/proposals", {"archive": altered, "page": "alpha"}, **bearer())
    assert "altered after the run" in answer.json()["error"]["says"]
    assert str(workspace) not in answer.content.decode()
    assert not Run.objects.exists()
    assert not Proposal.objects.exists()
    assert list((workspace / "uploads").iterdir()) == []


def test_a_run_for_a_page_that_is_not_there_or_without_leave_is_refused(client, pages, bearer, archive):
    sent = archive()
    assert client.post(f"{V1}/proposals", {"archive": sent, "page": "none"}, **bearer()).status_code == 404
    sent.seek(0)
    assert client.post(f"{V1}/proposals", {"archive": sent, "page": "alpha"}).status_code == 401
    sent.seek(0)
    only_reading = bearer(scopes=["read"])
    assert client.post(f"{V1}/proposals", {"archive": sent, "page": "alpha"}, **only_reading).status_code == 403
    assert not Run.objects.exists()


def test_an_imported_run_is_given_with_the_names_of_its_figures(client, tmp_path, now):
    run = import_run(audit_run(tmp_path / "run"), by=None, now=now)
    answer = get(client, f"/runs/{run.sha256}").json()
    assert answer["report"]["verdict"]["recovery"] == run.report["verdict"]["recovery"]
    assert len(answer["figures"]) == 6
    assert [row["sha256"] for row in get(client, "/runs?kind=audit").json()["items"]] == [run.sha256]


def test_the_description_is_openapi_3_1_and_names_every_operation_once(client):
    described = get(client, "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    names = [call["operationId"] for path in described["paths"].values() for call in path.values()]
    assert len(names) == len(set(names)) >= 13
    assert api.version == "1"
