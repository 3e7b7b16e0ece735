from __future__ import annotations

import json

import pytest

from angelshare.core.errors import RunFolderError
from angelshare.core.record import record
from angelshare.core.records import Estimate
from angelshare.report.markup import Markup
from angelshare.report.svg import Figure
from angelshare.store.manifest import Subject, seal
from angelshare.workbench import run_kinds
from angelshare.workbench.chain import dossier_at, publish
from angelshare.workbench.imports import import_run
from angelshare.workbench.measured import block, figures
from angelshare.workbench.proposals import accept
from angelshare.workbench.publishing import bring
from angelshare.workbench.run_kinds import KINDS, RunKind, Shown
from workbench.runs import audit_run, defend_run, delay_run, detect_run, ledger_run, lineage_run, watermark_run

MAKERS = {
    "audit": audit_run, "delay": delay_run, "ledger": ledger_run, "defences": defend_run, "watermark": watermark_run,
    "detect": detect_run,
    "lineage": lineage_run,
}  # fmt: skip


@record
class Weighing:
    """The report of a verb that this package does not have."""

    scale: str
    """Which."""

    loss: Estimate
    """Share that went."""


WEIGHING = RunKind(
    name="weighing",
    made_by="weigh",
    report=Weighing,
    title=lambda report: report.scale,
    figures=lambda report: [
        Figure(
            name="weighing", title="What went", description="A bar.", caption="Read it.", threat="", width=10,
            height=10, body=Markup("<rect class='x'/>"),
        )
    ],
    shown=lambda report: Shown(
        label=f"Weighed on {report.scale}", numbers={"share_lost": report.loss}, sentence="A share went."
    ),
)  # fmt: skip


def weighed(folder, value: float):
    folder.mkdir()
    loss = {"value": value, "low": value - 0.01, "high": value + 0.01, "level": 0.95, "n": 9, "method": "bootstrap"}
    (folder / "report.json").write_text(json.dumps({"scale": "the old scale", "loss": loss}))
    subject = Subject(kind="weigh", name="w", sha256="0" * 64, seeds=[1])
    seal(folder, subject, started_at="2026-11-24T12:00:00Z", seconds=1.0)
    return folder


@pytest.fixture
def page(make_dossier, now):
    return publish(make_dossier("alpha", measured=()), message="x", author=None, reviewer=None, now=now)


def test_every_kind_of_run_comes_in_by_its_entry(tmp_path, now):
    assert set(MAKERS) == {kind.name for kind in KINDS}
    for kind in KINDS:
        run = import_run(MAKERS[kind.name](tmp_path / kind.name), by=None, now=now)
        report = kind.kept(run.report, "run")
        assert isinstance(report, kind.report)
        assert (run.kind, run.name) == (kind.name, kind.title(report))
        assert block(run).numbers == kind.shown(report).numbers
        assert [figure.name for figure in figures(run)] == [figure.name for figure in kind.figures(report)]


def test_no_two_kinds_share_a_name_or_a_maker():
    assert len({kind.name for kind in KINDS}) == len({kind.made_by for kind in KINDS}) == len(KINDS)


@pytest.mark.usefixtures("page")
def test_one_entry_is_all_that_a_new_kind_needs_from_upload_to_page(people, client, tmp_path, monkeypatch, now):
    monkeypatch.setattr(run_kinds, "KINDS", (*KINDS, WEIGHING))
    for value in (0.12, 0.34):
        made = bring(weighed(tmp_path / str(value), value), "alpha", message="", by=people["editor"], now=now)
        revision = accept(made.pk, reviewer=people["reviewer"], now=now)
    page = client.get("/alpha/").content.decode()
    run = client.get(f"/runs/{made.run_id}/").content.decode()

    (shown,) = dossier_at("alpha")[0].measured
    assert (shown.kind, shown.label, shown.numbers["share_lost"].value) == (
        "weighing",
        "Weighed on the old scale",
        0.34,
    )
    assert any("0.12" in change.words and "0.34" in change.words for change in revision.changes.all())
    for text in (page, run):
        assert "A share went." in text
        assert "What went" in text
        assert "Share lost" in text
    assert client.get(f"/api/v1/runs/{made.run_id}").json()["kind"] == "weighing"
    assert client.get("/embed/alpha/weighing.svg").status_code == 200
    assert client.get("/compare/", {"of": [f"run:{made.run_id[:12]}", "alpha"]}).status_code == 200


def test_a_verb_without_an_entry_is_refused_by_name(tmp_path, now):
    with pytest.raises(RunFolderError, match="made by 'weigh'; the workbench shows runs of measure, delay, ledger"):
        import_run(weighed(tmp_path / "w", 0.1), by=None, now=now)


def test_a_page_keeps_the_numbers_of_a_run_that_this_version_cannot_read(make_dossier, client, tmp_path, now):
    with pytest.MonkeyPatch.context() as later:
        later.setattr(run_kinds, "KINDS", (*KINDS, WEIGHING))
        run = import_run(weighed(tmp_path / "w", 0.56), by=None, now=now)
        shown = block(run)
    publish(make_dossier("alpha", measured=(shown,)), message="x", author=None, reviewer=None, now=now)
    answer = client.get("/alpha/")

    assert answer.status_code == 200
    assert "A share went." in answer.content.decode()
    assert "0.56" in answer.content.decode()
    assert "this version draws no figure of it" in answer.content.decode()
    assert client.get("/embed/alpha/weighing.svg").status_code == 404
    assert client.get(f"/runs/{run.sha256}/").status_code == 400


@pytest.mark.usefixtures("page")
def test_a_detect_run_shows_its_campaigns_with_its_hash_and_names_no_account(people, client, tmp_path, now):
    made = bring(detect_run(tmp_path / "d"), "alpha", message="", by=people["editor"], now=now)
    accept(made.pk, reviewer=people["reviewer"], now=now)
    shown = [client.get(place).content.decode() for place in ("/alpha/", f"/runs/{made.run_id}/")]
    shown.append(client.get(f"/api/v1/runs/{made.run_id}").content.decode())

    (measured,) = dossier_at("alpha")[0].measured
    assert (measured.kind, measured.run) == ("detect", made.run_id)
    assert measured.numbers["false_campaigns_realised"].value == 0.4
    for text in shown:
        assert made.run_id[:12] in text
        assert "-acct-" not in text
    for page in shown[:2]:
        assert "2 groups of accounts are campaigns" in page
        assert "Cases by their evidence" in page
        assert "A match is not an accusation" in page


@pytest.mark.usefixtures("page")
def test_a_lineage_run_is_published_as_a_measured_block_with_its_hash_and_never_as_an_accusation(
    people, client, tmp_path, now
):
    made = bring(lineage_run(tmp_path / "lineage"), "alpha", message="", by=people["editor"], now=now)
    accept(made.pk, reviewer=people["reviewer"], now=now)
    (shown,) = dossier_at("alpha")[0].measured
    text = client.get("/alpha/").content.decode()

    assert shown.kind == "lineage"
    assert {"false_positive_rate", "power for rye", "power for oak"} <= set(shown.numbers)
    assert "A match is not an accusation." in text
    assert made.run_id[:12] in text
