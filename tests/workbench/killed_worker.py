"""One process of the kill test: `publisher N` publishes up to revision N, `deliverer` sends until it is killed."""

# ruff: noqa: E402 - the settings read the environment when Django is first imported
from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from random import Random
from threading import Event

os.environ["DJANGO_SETTINGS_MODULE"] = "angelshare.workbench.settings"

import django

django.setup()

from angelshare.core.dossier import Dossier
from angelshare.workbench.chain import publish
from angelshare.workbench.deliver import keep_delivering
from angelshare.workbench.models import Page


def utc() -> datetime:
    return datetime.now(UTC)


def publish_up_to(last: int) -> None:
    while True:
        page = Page.objects.select_related("head").filter(slug="killed").first()
        number = page.head.number + 1 if page and page.head else 1
        if number > last:
            return
        dossier = Dossier(
            slug="killed", kind="concept", title="Killed", label="Test", definition=f"State {number}.", note="x"
        )
        publish(dossier, message=f"To {number}", author=None, reviewer=None, now=utc())
        time.sleep(0.1)  # spread over the kills


if __name__ == "__main__":
    if sys.argv[1] == "publisher":
        publish_up_to(int(sys.argv[2]))
    else:
        keep_delivering(utc, rng=Random(os.getpid()), stop=Event(), every_seconds=0.05, lease_seconds=1.0)
