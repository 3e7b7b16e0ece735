import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from angelshare.workbench import chain
from angelshare.workbench.models import Proposal, Run
from workbench.runs import audit_run, zipped


@pytest.fixture
def page(make_dossier, now):
    return chain.publish(
        make_dossier("alpha", scope=("It mentions watermarks.",)), message="x", author=None, reviewer=None, now=now
    )


def test_a_reader_finds_a_page_and_sees_where_the_words_stand(client, page):
    html = client.get("/search/?q=watermark").content.decode()
    assert "1 page for" in html
    assert "<mark>watermarks</mark>" in html
    assert 'href="/alpha/"' in html


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        'q="',
        "q=%00",
        "q=<script>alert(1)</script>",
        "kind=x",
        "page=0",
        "page=99999999",
        "page=-1",
        "jurisdiction=%00",
        "q=" + "a" * 5_000,
    ],
)
def test_any_question_is_answered(query, client, page):
    answer = client.get(f"/search/?{query}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


@pytest.fixture
def sent(tmp_path):
    def make():
        return SimpleUploadedFile("run.zip", zipped(audit_run(tmp_path / "run"), tmp_path / "run.zip").read_bytes())

    return make


def test_a_member_brings_a_run_by_the_form_and_is_led_to_the_proposal(signed_in, page, sent):
    browser = signed_in("researcher")
    assert 'enctype="multipart/form-data"' in browser.get("/upload/?page=alpha").content.decode()
    answer = browser.post("/upload/", {"page": "alpha", "archive": sent(), "message": "Ours."})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == f"/proposals/{Proposal.objects.get().pk}/"
    assert Proposal.objects.get().run == Run.objects.get()


def test_what_is_wrong_with_a_run_is_said_beside_the_field(signed_in, page):
    bad = SimpleUploadedFile("run.zip", b"not an archive")
    answer = signed_in("researcher").post("/upload/", {"page": "alpha", "archive": bad})
    assert answer.status_code == 400
    assert "not a readable zip or tar archive" in answer.content.decode()
    answer = signed_in("editor").post("/upload/", {"page": "none", "archive": bad})
    assert answer.status_code == 400


def test_a_visitor_is_sent_to_sign_in_and_a_foreign_form_is_refused(client, people, page, sent):
    assert client.get("/upload/")["Location"].startswith("/accounts/login/")
    from django.test import Client  # noqa: PLC0415 - one with checks on

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people["researcher"], backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post("/upload/", {"page": "alpha", "archive": sent()}).status_code == 403
    assert not Run.objects.exists()
