"""The weekly digest: one letter per watcher and week with everything their weekly watches noticed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.db import transaction

from angelshare.workbench.models import Message, Notice, User
from angelshare.workbench.outbox import key_of, link, message, put


def write_digests(now: datetime) -> int:
    """Write the digests of the weeks before this one (weeks begin on Monday, UTC); gives how many messages it wrote.

    A notice is told in one digest only, and a watcher has at most one a week: what comes too late for it waits for the
    next. Both are settled in one transaction, so a deliverer that dies in between neither loses nor repeats any.
    """
    monday = monday_of(now)
    # also of a watch that tells at once by now: what was to wait for a digest waits for it
    waiting = Notice.objects.filter(digested_at__isnull=True, at__lt=monday, user__is_active=True)
    written = 0
    for user_id in list(waiting.order_by("user_id").values_list("user_id", flat=True).distinct()):
        with transaction.atomic():
            # the user's row is the lock: two deliverers cannot both write this week's digest
            user = User.objects.select_for_update().get(pk=user_id)
            written += _write(user, list(waiting.filter(user=user).select_related("watch").order_by("at", "key")), now)
    return written


def monday_of(now: datetime) -> datetime:
    """Give the instant the week of `now` began, in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def _write(user: User, notices: Sequence[Notice], now: datetime) -> int:
    week = monday_of(now).date().isoformat()
    if not notices or Message.objects.filter(key=key_of("digest", week, str(user.pk))).exists():
        return 0
    made = [_letter(user, notices, week, now), *_calls(user, notices, week, now)]
    put(made)
    Notice.objects.filter(key__in=[notice.key for notice in notices]).update(digested_at=now)
    return len(made)


def _letter(user: User, notices: Sequence[Notice], week: str, now: datetime) -> Message:
    letter = message(
        key_of("digest", week, str(user.pk)), channel="digest", watch=None, user=user, address=user.email, at=now
    )
    told = [notice for notice in notices if notice.watch.by_email]
    letter.payload = {"subject": f"Your watches, week to {week}", "body": _text(told)}
    if not told or not user.email:
        # kept all the same: its key says that this week's digest is settled
        letter.state, letter.sent_at = Message.State.SENT, now
    return letter


def _calls(user: User, notices: Sequence[Notice], week: str, now: datetime) -> Sequence[Message]:
    made = []
    called = sorted((n for n in notices if n.watch.webhook_url), key=lambda n: (n.watch_id, n.at, n.key))
    for watch_id, group in groupby(called, key=lambda notice: notice.watch_id):
        told = list(group)
        watch = told[0].watch
        call = message(
            key_of("digest", week, str(user.pk), str(watch_id), "webhook"),
            channel="webhook",
            watch=watch,
            user=user,
            address=watch.webhook_url,
            at=now,
        )
        title = f"Digest, week to {week}: {len(told)} alerts"
        call.payload = {
            "text": f"{title}\n\n{_text(told)}",
            "event": f"digest/{week}",
            "title": title,
            "changes": [notice.title for notice in told],
            "at": now.isoformat(),
        }
        made.append(call)
    return made


def _text(notices: Sequence[Notice]) -> str:
    blocks = [f"{notice.at:%Y-%m-%d} {notice.title}\n{notice.words}" for notice in notices]
    return "\n\n".join([*blocks, link("/notices/")])
