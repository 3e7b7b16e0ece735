"""Change how a watch tells and past which bound, pause it, and let it go on; what it is about never changes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from angelshare.workbench.models import Message, Watch
from angelshare.workbench.watches import refuse_bound

TAKEN_OFF = "the webhook was taken off its watch"


def change(watch: Watch, *, bound: Mapping[str, object], weekly: bool, by_email: bool, webhook_url: str) -> Watch:
    """Change a watch in place; a new address of its webhook gets a new secret, which the old receiver never learns.

    What is still to be sent to the old address goes to the new one, the same text under the same key. What it noticed
    so far is told as it was to be told.

    Raises WatchError for a bound that could never be crossed.
    """
    if watch.kind == Watch.Kind.THRESHOLD:
        refuse_bound(bound)
    with transaction.atomic():
        if webhook_url != watch.webhook_url:
            _lead_elsewhere(watch, webhook_url)
            watch.webhook_secret = secrets.token_hex(32) if webhook_url else ""
        watch.bound = dict(bound)
        watch.frequency = Watch.Frequency.WEEKLY if weekly else Watch.Frequency.IMMEDIATE
        watch.by_email, watch.webhook_url = by_email, webhook_url
        watch.save(update_fields=["bound", "frequency", "by_email", "webhook_url", "webhook_secret"])
    return watch


def pause(watch: Watch, now: datetime) -> None:
    """Let a watch hear nothing until it goes on; what it noticed before is still told."""
    Watch.objects.filter(pk=watch.pk, paused_at__isnull=True).update(paused_at=now)


def go_on(watch: Watch) -> None:
    """Let a watch hear again, from the next revision on."""
    Watch.objects.filter(pk=watch.pk).update(paused_at=None)


def _lead_elsewhere(watch: Watch, webhook_url: str) -> None:
    waiting = Message.objects.filter(watch=watch, channel="webhook").exclude(state=Message.State.SENT)
    if webhook_url:
        waiting.update(address=webhook_url)
    else:
        waiting.update(state=Message.State.DEAD, error=TAKEN_OFF)
