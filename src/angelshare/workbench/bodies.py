"""How much anyone may send: said by its own header, refused before a byte of it is read."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from angelshare.workbench.api_door import ROOT, failure
from angelshare.workbench.archives import LIMITS

TAKES_RUNS = ("/upload/", f"{ROOT}proposals")
"""Where a run may be sent to."""

ROOM = 1 << 20
"""Bytes of a form around an archive."""

_DIGITS = 18
"""Of a length that is looked at as a number; Python refuses numbers of thousands of them."""


class BodyMiddleware:
    """Refuse a body that is larger than its address takes, before the check against forged forms reads it.

    A body without a length is not read at all (Django's WSGI request takes it as empty).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, or say how much may be sent."""
        most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.path in TAKES_RUNS:
            most = LIMITS.archive_bytes + ROOM
        length = request.META.get("CONTENT_LENGTH") or "0"
        if len(length) <= _DIGITS and length.isascii() and length.isdigit() and int(length) <= most:
            return self._get_response(request)
        says = f"the request says it is {length[:_DIGITS]} bytes long; this address takes {most:,} bytes: send less"
        if request.path.startswith(ROOT):
            return failure("ContentTooLarge", says, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return HttpResponse(says, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, content_type="text/plain; charset=utf-8")
