"""Watches, notices, feeds, and what could not be delivered."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from angelshare.core.errors import NoSuchPageError, WatchError
from angelshare.workbench import feeds, people
from angelshare.workbench.chain import dossier_at
from angelshare.workbench.diffs import numbers_of
from angelshare.workbench.forms_alerts import WatchForm
from angelshare.workbench.gates import gate, signed_in
from angelshare.workbench.models import Message, Page, User, Watch
from angelshare.workbench.outbox import revive
from angelshare.workbench.watch_target import said
from angelshare.workbench.watches import watch_for

PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "POST"])
@gate("watch")
def watches(request: HttpRequest) -> HttpResponse:
    """List one's watches, and make one; a webhook's secret is shown once, on this answer only."""
    user = signed_in(request)
    form = WatchForm(request.POST or None, initial={"slug": request.GET.get("slug", "")})
    made: Watch | None = None
    if request.method == "POST" and form.is_valid():
        said_ = form.cleaned_data
        try:
            made = watch_for(
                user,
                said_["kind"],
                slug=said_["slug"],
                target=said_["target"],
                bound=form.bound(said_["kind"]),
                weekly=said_["frequency"] == Watch.Frequency.WEEKLY,
                by_email=said_["by_email"],
                webhook_url=said_["webhook_url"],
                now=timezone.now(),
            )
        except WatchError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"You will hear of {said(made)}.")
            if not made.webhook_secret:
                return redirect("watches")
            form = WatchForm()
    held = [(watch, said(watch)) for watch in user.watches.order_by("-created_at", "-pk")]
    targets = _targets(request.POST.get("slug") or request.GET.get("slug", ""))
    seen = {"form": form, "held": held, "made": made, "feed_key": feeds.watchlist_key(user), "targets": targets}
    return render(request, "workbench/watches.html", seen)


def _targets(slug: str) -> Sequence[str]:
    """List what of a page can be watched: its numbers, claims and fields; nothing where there is no such page."""
    if not slug:
        return []
    try:
        dossier, _ = dossier_at(slug)
    except NoSuchPageError:
        return []
    facts = [f"facts/{name}" for name in dossier.facts]
    fields = [field.name for field in dataclasses.fields(dossier) if field.name not in ("slug", "kind")]
    return [*numbers_of(dossier), *(claim.id for claim in dossier.claims), *fields, *facts]


@require_POST
@gate("watch")
def unwatch(request: HttpRequest, number: int) -> HttpResponse:
    """Stop watching; what was noticed goes with it, what is still to be sent is not sent."""
    get_object_or_404(signed_in(request).watches, pk=number).delete()
    messages.success(request, "You no longer watch it.")
    return redirect("watches")


@never_cache
@require_http_methods(["GET", "POST"])
@gate("watch")
def notices(request: HttpRequest) -> HttpResponse:
    """List what one's watches noticed, and what could not be delivered; mark all as read."""
    user = signed_in(request)
    if request.method == "POST":
        user.notices.filter(read_at__isnull=True).update(read_at=timezone.now())
        return redirect("notices")
    found = user.notices.select_related("revision__page", "watch").order_by("-at", "key")
    seen = {
        "listed": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "unread": user.notices.filter(read_at__isnull=True).count(),
        "dead": user.messages.filter(state=Message.State.DEAD).order_by("-created_at")[:PER_PAGE],
        "feed_key": feeds.watchlist_key(user),
    }
    return render(request, "workbench/notices.html", seen)


@never_cache
@require_safe
@gate("deliveries")
def deliveries(request: HttpRequest) -> HttpResponse:
    """Show staff what waits and what was given up; addresses only, never what a message says."""
    waiting = Message.objects.exclude(state=Message.State.SENT).select_related("user").order_by("state", "next_at")
    counts = {label: Message.objects.filter(state=state).count() for state, label in Message.State.choices}
    listed = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "workbench/deliveries.html", {"listed": listed, "counts": counts})


@require_POST
@gate("watch")
def retry(request: HttpRequest, key: str) -> HttpResponse:
    """Try again what was given up: its owner may, and staff."""
    user = signed_in(request)
    dead = get_object_or_404(Message, key=key, state=Message.State.DEAD)
    if not (people.may(user, "watch", dead) or people.may(user, "deliveries")):
        raise Http404("no such message")
    revive(dead, timezone.now())
    people.note(user, "retry", f"message {dead.key}", {"channel": dead.channel}, timezone.now())
    messages.success(request, "It will be tried again.")
    return redirect("notices" if dead.user_id == user.pk else "deliveries")


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the feed of a page; no account needed."""
    return _feed(request, feeds.page_feed(get_object_or_404(Page, slug=slug, head__isnull=False)))


@require_safe
def watch_feed(request: HttpRequest, key: str) -> HttpResponse:
    """Serve the feed of one watch to whoever holds its key."""
    return _feed(request, feeds.watch_feed(get_object_or_404(Watch, feed_key=key, user__is_active=True)))


@require_safe
def watchlist_feed(request: HttpRequest, number: int, key: str) -> HttpResponse:
    """Serve everything someone watches to whoever holds the key."""
    user = get_object_or_404(User, pk=number, is_active=True)
    if not feeds.opens(user, key):
        raise Http404("no such feed")
    return _feed(request, feeds.watchlist_feed(user))


def _feed(request: HttpRequest, written: bytes) -> HttpResponse:
    answer = HttpResponse(written, content_type="application/atom+xml; charset=utf-8")
    answer["ETag"] = etag = quote_etag(hashlib.sha256(written).hexdigest()[:32])
    answer["Referrer-Policy"] = "no-referrer"
    found = get_conditional_response(request, etag=etag, response=answer)
    return found if isinstance(found, HttpResponse) else answer
