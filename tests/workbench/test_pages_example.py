"""The worked example of docs/workbench.md happens as it is told: revision, diff, alert, page."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from angelshare.govern.catalogue import shipped
from angelshare.workbench import chain, seed
from angelshare.workbench.dossiers import from_catalogue
from angelshare.workbench.models import Notice
from angelshare.workbench.watches import watch_for

SLUG, CLAIM = "model-distillation-risk", "distillation-not-addressed"
DOCS = Path(__file__).parents[2] / "docs" / "workbench.md"


def told() -> list[str]:
    """The lines that the page quotes."""
    section = DOCS.read_text(encoding="utf-8").partition("## A worked example")[2].partition("\n## ")[0]
    return re.findall(r"^    (.+)$", section, re.MULTILINE)


def test_the_seed_claim_is_superseded_as_the_documentation_tells_it(client, make_user, now):
    (dossier,) = [page for page in from_catalogue(shipped()) if page.slug == SLUG]
    earlier = seed._earlier(dossier)
    first = chain.publish(earlier, message="Before.", author=None, reviewer=None, now=now - timedelta(days=2))
    watcher = make_user("ann")
    watch_for(
        watcher, "claim", slug=SLUG, target=CLAIM, bound={}, weekly=False, by_email=True, webhook_url="",
        now=now - timedelta(days=1),
    )  # fmt: skip

    second = chain.publish(dossier, message="After.", author=None, reviewer=None, now=now)

    words = [change.words for change in second.changes.all()]
    (notice,) = Notice.objects.filter(user=watcher)
    assert len(told()) >= 2
    for line in told():
        assert line in words
        assert line in notice.words
    before = client.get(f"/{SLUG}/revisions/{first.sha256}/").content.decode()
    after = client.get(f"/{SLUG}/").content.decode()
    said = "Instruments on frontier AI do not explicitly address distillation."
    assert said in before
    assert f"<s>{said}</s>" not in before
    assert f"<s>{said}</s>" in after
    assert 'Replaced by: <a href="#claim-distillation-addressed">' in after
