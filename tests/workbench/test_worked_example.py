"""The worked example of docs/workbench.md: a shipped claim is superseded, and someone who watched it hears of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from angelshare.workbench.chain import dossier_of, publish, verify
from angelshare.workbench.deliver import deliver_due
from angelshare.workbench.models import Message, Notice, Page, Revision, RevisionChange
from angelshare.workbench.seed import seed_catalogue
from angelshare.workbench.watches import watch_for

PAGE, OLD = "model-distillation-risk", "distillation-not-addressed"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "workbench.md"


@pytest.fixture
def states(now):
    """The shipped states of the page, the workbench then emptied again."""
    seed_catalogue(now=now)
    held = [dossier_of(revision) for revision in Revision.objects.filter(page__slug=PAGE).order_by("number")]
    RevisionChange.objects.all().delete()
    Page.objects.update(head=None)
    for revision in Revision.objects.order_by("-number"):
        revision.delete()
    return held


def test_the_superseded_claim_reaches_its_watcher_as_the_docs_show(states, people, now, letters):
    first, second = states[:2]
    publish(first, message="The earlier state", author=None, reviewer=None, now=now)
    watch_for(people["policymaker"], "claim", slug=PAGE, target=OLD, webhook_url="https://hooks.example.org/", now=now)

    publish(second, message="It is addressed since 2025", author=None, reviewer=None, now=now + timedelta(days=1))
    claim_lines = Notice.objects.get().words.splitlines()
    Message.objects.filter(channel="webhook").update(state="dead")
    deliver_due(lambda: now + timedelta(days=2), rng=Random(1))

    shown = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert "status: “reported” → “superseded”" in claim_lines[0]
    for line in claim_lines:
        assert line in shown, line
    assert all(line in letters[0].body for line in claim_lines)
    assert json.dumps(Message.objects.get(channel="webhook").payload["changes"], ensure_ascii=False)[:60] in shown
    assert verify() == []
