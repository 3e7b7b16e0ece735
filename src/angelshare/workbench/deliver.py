"""The deliverer: sends what is due, for cron or as a loop; killed at any moment it loses nothing."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from threading import Event

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.db import OperationalError, close_old_connections, connection

from angelshare.core.errors import UnsafeAddressError
from angelshare.core.record import record
from angelshare.workbench.digest import write_digests
from angelshare.workbench.models import Message
from angelshare.workbench.outbox import claim, mark_failed, mark_sent
from angelshare.workbench.watch_edit import TAKEN_OFF
from angelshare.workbench.watches import expire
from angelshare.workbench.webhooks import WebhookError, WebhookGoneError, send

LOG = logging.getLogger(__name__)

BATCH = 20
"""Messages claimed at once."""
LEASE_SECONDS = 300.0
"""How long a claim keeps others away: longer than a batch of slow receivers takes, so that few arrive twice."""


@record
class Delivered:
    """What one pass did."""

    sent: int
    """Messages that arrived."""

    failed: int
    """Attempts that did not; they are tried again, or given up and shown."""

    noticed: int
    """Alerts due for claims that expired, those already told included."""


class GivenUpError(Exception):
    """A message that no further attempt can deliver."""


def deliver_due(
    clock: Callable[[], datetime], *, rng: Random, lease_seconds: float = LEASE_SECONDS, stop: Event | None = None
) -> Delivered:
    """Write what time has brought (digests, expiries), then send everything that is due, and come back.

    Args:
        clock: gives the instant, UTC; asked before every batch and every attempt, for sending takes time.
        rng: spreads retries.
        lease_seconds: how long a claimed message is left alone if this process dies.
        stop: ends the pass after the batch under way.
    """
    noticed = _expire_daily(clock())
    write_digests(clock())
    sent = failed = 0
    while not (stop and stop.is_set()) and (taken := claim(clock(), most=BATCH, lease_seconds=lease_seconds)):
        for message in taken:
            if attempt(message, clock, rng=rng):
                sent += 1
            else:
                failed += 1
    return Delivered(sent=sent, failed=failed, noticed=noticed)


def keep_delivering(
    clock: Callable[[], datetime],
    *,
    rng: Random,
    stop: Event,
    every_seconds: float = 5.0,
    lease_seconds: float = LEASE_SECONDS,
) -> Delivered:
    """Deliver in a loop until `stop` is set; a database that is busy or away for a while is waited for.

    Gives what all passes did together.
    """
    whole = Delivered(sent=0, failed=0, noticed=0)
    while not stop.is_set():
        try:
            done = deliver_due(clock, rng=rng, lease_seconds=lease_seconds, stop=stop)
            whole = Delivered(
                sent=whole.sent + done.sent, failed=whole.failed + done.failed, noticed=whole.noticed + done.noticed
            )
        except OperationalError as error:
            LOG.warning("the database cannot be used now (%s); trying again in %g s", error, every_seconds)
            connection.close()
        close_old_connections()
        stop.wait(every_seconds)
    return whole


def _expire_daily(now: datetime) -> int:
    """Look for expired claims once a day: it reads every page. The mark is set last, so no day is lost to a kill."""
    mark = f"expired/{now.astimezone(UTC):%Y-%m-%d}"
    if cache.get(mark):
        return 0
    told = expire(now)
    cache.set(mark, "done", timeout=2 * 86_400)
    return told


def attempt(message: Message, clock: Callable[[], datetime], *, rng: Random) -> bool:
    """Send a claimed message once and note what came of it; says whether it arrived."""
    try:
        if message.channel == "webhook":
            _call(message, clock())
        else:
            _mail(message)
    except (GivenUpError, UnsafeAddressError, WebhookGoneError) as error:
        mark_failed(message, str(error), clock(), rng=rng, final=True)
    except (WebhookError, smtplib.SMTPException, OSError, ValueError) as error:
        # ValueError: an address or a text that cannot be written into a letter or a request. Whatever one message
        # holds, the others go out
        mark_failed(message, str(error) or type(error).__name__, clock(), rng=rng)
    else:
        mark_sent(message, clock())
        return True
    return False


def _call(message: Message, now: datetime) -> None:
    if message.watch is None:
        raise GivenUpError("the watch was deleted before this could be delivered")
    if not message.watch.webhook_secret:
        raise GivenUpError(TAKEN_OFF)
    send(message.address, message.payload, key=message.key, secret=message.watch.webhook_secret, now=now)


def _mail(message: Message) -> None:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    EmailMessage(
        subject=" ".join(str(message.payload["subject"]).split()),
        body=str(message.payload["body"]),
        to=[message.address],
        # the same on every attempt, so that a mailbox can drop a repeat; cut so that the line need not be folded
        headers={"Message-ID": f"<{message.key[:40]}@{domain}>"},
    ).send(fail_silently=False)
