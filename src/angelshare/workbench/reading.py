"""What a reader asked for: which page, as of which day or revision, and what stood there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal, TypeAlias

from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import decorator_from_middleware
from django.utils.deprecation import MiddlewareMixin

from angelshare.core.dossier import Dossier
from angelshare.core.errors import NoSuchPageError, PlanError
from angelshare.core.record import record
from angelshare.core.strict import convert
from angelshare.workbench import chain, kept
from angelshare.workbench.models import Page, Revision

Pin: TypeAlias = Literal["", "day", "revision"]
"""What holds a page in place: nothing (the head), the day asked for, one revision."""

_KEPT = "angelshare.kept"

FEWEST_DIGITS = 8
"""A revision may be named by this many hexadecimal digits of its hash, or more."""


@record
class Reading:
    """A page as someone reads it."""

    dossier: Dossier
    """What it says."""

    revision: Revision
    """The revision it says it in."""

    on: date
    """Day that claims are held against: today, the day asked for, or the day of the pinned revision."""

    pin: Pin
    """What holds it in place."""


@record
class Stood:
    """A page and the revision that stood there."""

    slug: str
    """Its address."""

    kind: str
    """What it is about."""

    title: str
    """Its title then."""

    sha256: str
    """Hash of the revision."""


class Reader(MiddlewareMixin):
    """Wrapped around every view that only reads: kept pages, and errors as pages."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Give a reader without cookies the page as it was last written, while nothing has been published since."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        name = kept.name_of(request, today().isoformat())
        request.META[_KEPT] = name
        return kept.recall(request, name) if name else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a page that is not there with 404, a question that cannot be answered with 400."""
        if isinstance(error, NoSuchPageError):
            return render(request, "404.html", {"reason": str(error)}, status=404)
        if isinstance(error, PlanError):
            return render(request, "400.html", {"reason": str(error)}, status=400)
        return None

    def process_response(self, request: HttpRequest, reply: HttpResponseBase) -> HttpResponseBase:
        """Keep what was written for a reader without cookies."""
        name = request.META.get(_KEPT, "")
        return kept.keep(reply, name) if name and isinstance(reply, HttpResponse) else reply


readable = decorator_from_middleware(Reader)
"""Mark a view as one that only reads."""


def asked_day(request: HttpRequest) -> date | None:
    """Read `?asof=`; None where it is not given. Raises PlanError for what is not a day, or one yet to come."""
    given = request.GET.get("asof", "").strip()
    return parse_day(given, "asof") if given else None


def parse_day(given: str, where: str) -> date:
    """Read an ISO day that is not in the future; raises PlanError."""
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise PlanError(f"{where}: '{given}' is not a day; write it as 2026-11-01") from None
    if day > today():
        raise PlanError(f"{where}: {given} is yet to come; the latest day that can be asked for is {today()}")
    return day


def today() -> date:
    """Give the day it is, in UTC."""
    return timezone.now().astimezone(UTC).date()


def end_of(day: date) -> datetime:
    """Give the last instant of a day, in UTC: a page as of a day says all that was published on it."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def read_page(slug: str, day: date | None = None) -> Reading:
    """Read a page as it stands, or as it stood at the end of a day; raises NoSuchPageError."""
    dossier, revision = chain.dossier_at(slug, None if day is None else end_of(day))
    return Reading(dossier=dossier, revision=revision, on=day or today(), pin="day" if day else "")


def read_revision(slug: str, digits: str) -> Reading:
    """Read one revision of a page by its hash or the first digits of it; raises NoSuchPageError, PlanError."""
    if len(digits) < FEWEST_DIGITS:
        raise PlanError(f"revision '{digits}' of '{slug}': give at least {FEWEST_DIGITS} digits of its hash")
    found = list(Revision.objects.filter(page__slug=slug, sha256__startswith=digits.lower()).select_related("page")[:2])
    if len(found) != 1:
        which = "no revision" if not found else "more than one revision"
        raise NoSuchPageError(f"{which} of '{slug}' begins with '{digits}'; /{slug}/revisions/ lists them all")
    (revision,) = found
    dossier = convert(revision.dossier, Dossier, f"revision {revision.sha256}")
    return Reading(dossier=dossier, revision=revision, on=revision.published_at.date(), pin="revision")


def standing(kinds: Iterable[str], day: date | None = None) -> Sequence[Stood]:
    """Name every page of these kinds and the revision that stood there at the end of a day, or stands; by slug.

    What they say is not loaded.
    """
    pages = Page.objects.filter(kind__in=list(kinds), head__isnull=False)
    if day is None:
        rows: Iterable[tuple[str, ...]] = pages.order_by("slug").values_list("slug", "kind", "title", "head_id")
    else:
        stood = Revision.objects.filter(page=OuterRef("pk"), published_at__lte=end_of(day)).order_by("-number")
        ids = pages.annotate(stood=Subquery(stood.values("sha256")[:1])).values("stood")
        then = Revision.objects.filter(sha256__in=ids).order_by("page__slug")
        rows = then.values_list("page__slug", "page__kind", F("dossier__title"), "sha256")
    return [Stood(slug=slug, kind=kind, title=title, sha256=sha256) for slug, kind, title, sha256 in rows]
