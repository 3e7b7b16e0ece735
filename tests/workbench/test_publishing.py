import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from click.testing import CliRunner
from django.db import connections

from angelshare.cli import app
from angelshare.core.errors import NoSuchPageError, WorkbenchError
from angelshare.store.manifest import Subject, seal
from angelshare.workbench import chain, tokens
from angelshare.workbench.imports import import_run
from angelshare.workbench.models import Notice, Proposal, RevisionChange, Run
from angelshare.workbench.proposals import accept
from angelshare.workbench.publishing import bring, with_run
from angelshare.workbench.watches import watch_for
from workbench.runs import audit_run


@pytest.fixture
def page(make_dossier, now):
    return chain.publish(make_dossier("alpha", measured=()), message="x", author=None, reviewer=None, now=now)


def again(folder, recovery: float):
    """The same audit run anew: another recovery, sealed again."""
    audit_run(folder)
    report = json.loads((folder / "report.json").read_text())
    report["verdict"]["recovery"] |= {"value": recovery, "low": recovery - 0.05, "high": recovery + 0.05}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "manifest.json").unlink()
    subject = Subject(kind="measure", name="sample", sha256="0" * 64, seeds=[2])
    seal(folder, subject, started_at="2026-11-25T12:00:00Z", seconds=1.0)
    return folder


def test_a_run_published_again_takes_the_place_of_the_first_and_the_change_is_told(page, people, tmp_path, now):
    watch_for(people["policymaker"], "field", slug="alpha", target="measured/audit/numbers/recovery", now=now)
    first = bring(audit_run(tmp_path / "a"), "alpha", message="", by=people["researcher"], now=now)
    accept(first.pk, reviewer=people["reviewer"], now=now)
    second = bring(again(tmp_path / "b", 0.31), "alpha", message="", by=people["researcher"], now=now)
    revision = accept(second.pk, reviewer=people["reviewer"], now=now)
    (block,) = chain.dossier_at("alpha")[0].measured
    assert block.run == second.run_id != first.run_id
    change = RevisionChange.objects.get(revision=revision, path="measured/audit/numbers/recovery")
    assert change.action == "changed"
    assert "0.31 [0.26, 0.36]" in change.words
    assert Notice.objects.filter(user=people["policymaker"], revision=revision).count() == 1


def test_a_run_takes_the_place_of_one_whose_label_an_earlier_version_worded_otherwise(page, tmp_path, now):
    first = with_run(chain.dossier_of(page), import_run(audit_run(tmp_path / "a"), by=None, now=now))
    worded = replace(first, measured=[replace(first.measured[0], label="skills: sequence taught by bundled-teacher")])

    second = with_run(worded, import_run(again(tmp_path / "b", 0.31), by=None, now=now))

    assert [one.label for one in second.measured] == [first.measured[0].label]
    assert second.measured[0].label.startswith("What ")


def test_a_run_of_something_else_stands_beside_what_is_there(page, tmp_path, now):
    run = import_run(audit_run(tmp_path / "a"), by=None, now=now)
    once = with_run(chain.dossier_at("alpha")[0], run)
    other = replace(once.measured[0], label="Another task", run="1" * 64)
    assert len(with_run(replace(once, measured=[other]), run).measured) == 2
    assert len(with_run(once, run).measured) == 1


def test_a_page_that_shows_the_run_already_has_nothing_to_be_proposed(page, people, tmp_path, now):
    folder = audit_run(tmp_path / "a")
    accept(
        bring(folder, "alpha", message="", by=people["researcher"], now=now).pk, reviewer=people["reviewer"], now=now
    )
    with pytest.raises(WorkbenchError, match="nothing to propose"):
        bring(folder, "alpha", message="", by=people["editor"], now=now)


@pytest.mark.usefixtures("page")
def test_a_run_that_waits_for_a_decision_is_not_proposed_twice(people, tmp_path, now):
    folder = audit_run(tmp_path / "a")
    first = bring(folder, "alpha", message="", by=people["researcher"], now=now)
    with pytest.raises(WorkbenchError, match=f"waits for a decision already, as proposal {first.pk}"):
        bring(folder, "alpha", message="", by=people["editor"], now=now)


def test_a_page_that_is_not_there_is_found_out_before_anything_is_imported(people, tmp_path, now):
    with pytest.raises(NoSuchPageError, match="no page 'none'"):
        bring(audit_run(tmp_path / "a"), "none", message="", by=people["researcher"], now=now)
    assert not Run.objects.exists()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_words):
        """Say nothing."""


class Served(WSGIServer):
    def shutdown_request(self, request):
        super().shutdown_request(request)
        connections.close_all()  # this thread's own


@pytest.fixture
def served(workspace):
    from angelshare.workbench.wsgi import application  # noqa: PLC0415 - it reads the settings that conftest sets

    server = make_server("127.0.0.1", 0, application, server_class=Served, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_verb_publishes_a_run_to_a_running_workbench(committed, page, people, served, tmp_path):
    token, _ = tokens.issue(people["researcher"], "t", ["propose"], lives=timedelta(days=1), now=datetime.now(UTC))
    arguments = [
        "publish",
        str(audit_run(tmp_path / "a")),
        "--to",
        served,
        "--page",
        "alpha",
        "--message",
        "Measured by us",
    ]
    done = CliRunner(env={"ANGELSHARE_TOKEN": token}).invoke(app, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.message, proposal.author) == ("open", "Measured by us", people["researcher"])
    assert f"{served}/proposals/{proposal.pk}/" in done.output
    wrong = [*arguments[:5], "none"]
    refused = CliRunner(env={"ANGELSHARE_TOKEN": token}).invoke(app, wrong)
    assert "NoSuchPageError: no page 'none'" in str(refused.exception)
