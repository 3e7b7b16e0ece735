"""Pages kept as they were last written for readers nobody signed in, until something is published or the day turns.

One process keeps its own; what is kept is named by everything it depends on, so that nothing ever has to be cleared.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from http import HTTPStatus
from threading import Lock

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers

from angelshare.workbench.models import Revision, Run

_MOST_BYTES = 32 * 2**20

_kept: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
_lock = Lock()


def name_of(request: HttpRequest, today: str) -> str:
    """Name the page asked for and the state of the workbench it is written from; "" where a reader has cookies."""
    if request.COOKIES or request.method not in ("GET", "HEAD"):
        return ""
    asked = (request.scheme, request.get_host(), request.get_full_path(), today, state(), Run.objects.count())
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def state() -> tuple[int, str | None]:
    """Name all that is published: revisions are only ever added, so their number and the newest say it."""
    newest = Revision.objects.order_by("-published_at", "-number").values_list("sha256", flat=True)
    return Revision.objects.count(), newest.first()


def recall(request: HttpRequest, name: str) -> HttpResponse | None:
    """Give the page kept under a name, or say that the reader has it already; None if it must be written."""
    with _lock:
        held = _kept.get(name)
        if held is None:
            return None
        _kept.move_to_end(name)
    if request.headers.get("If-None-Match") == _tag(name):
        return _marked(HttpResponseNotModified(), name)
    return _marked(HttpResponse(held[0], content_type=held[1]), name)


def keep(reply: HttpResponse, name: str) -> HttpResponse:
    """Keep a page that went well and set no cookie, unless it is a file or says itself how it is kept."""
    own = reply.headers.keys() & {"Content-Disposition", "Cache-Control"}
    if reply.status_code != HTTPStatus.OK or reply.cookies or own:
        return reply
    with _lock:
        _kept[name] = (reply.content, reply.headers["Content-Type"])
        held = sum(len(content) for content, _ in _kept.values())
        while held > _MOST_BYTES:
            held -= len(_kept.popitem(last=False)[1][0])
    return _marked(reply, name)


def _marked(reply: HttpResponse, name: str) -> HttpResponse:
    reply.headers["ETag"] = _tag(name)
    reply.headers["Cache-Control"] = "no-cache"  # browsers may keep it, but ask whether it still stands
    patch_vary_headers(reply, ["Cookie"])
    return reply


def _tag(name: str) -> str:
    return f'"{name[:32]}"'
