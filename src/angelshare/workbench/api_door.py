"""The door of the API: limits, reading from other sites, entity tags, and one shape for every error."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from ninja.security import HttpBearer

from angelshare.core.errors import (
    AngelshareError,
    AuthorisationError,
    FourEyesError,
    NoSuchPageError,
    StaleError,
    StorageError,
)
from angelshare.workbench import people, ratelimit, tokens
from angelshare.workbench.models import Token, User

ROOT = "/api/v1/"
"""Where the API is."""

STATUS: tuple[tuple[type[AngelshareError], HTTPStatus], ...] = (
    (NoSuchPageError, HTTPStatus.NOT_FOUND),
    (StaleError, HTTPStatus.CONFLICT),
    (FourEyesError, HTTPStatus.FORBIDDEN),
    (AuthorisationError, HTTPStatus.FORBIDDEN),
    (StorageError, HTTPStatus.INSUFFICIENT_STORAGE),
    (AngelshareError, HTTPStatus.BAD_REQUEST),
)
"""First match wins."""


class ApiMiddleware:
    """Stand before and after every call of the API, and let everything else pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a call, a preflight, or a caller who comes too often."""
        if not request.path.startswith(ROOT):
            return self._get_response(request)
        if request.method == "OPTIONS":
            return _open_to_readers(_preflight())
        allowance = _allowance(request)
        if not allowance.allowed:
            says = f"too many calls; come again in {allowance.retry_after_seconds} s"
            response: HttpResponseBase = failure("TooManyCalls", says, HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = str(allowance.retry_after_seconds)
            return _open_to_readers(response)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            # PostgreSQL holds no such character, so nothing can be found by it
            return _open_to_readers(failure("BadRequest", "a NUL character is in the address", HTTPStatus.BAD_REQUEST))
        response = _tagged(request, _shaped(self._get_response(request)))
        response["X-RateLimit-Remaining"] = str(allowance.remaining)
        return _open_to_readers(response) if request.method in ("GET", "HEAD") else response


class Bearer(HttpBearer):
    """A personal token; cookies open nothing here, so no other site can use a visitor's session."""

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:  # noqa: ARG002 - the socket's shape
        """Find the token; None is answered with 401."""
        return tokens.bearer(f"Bearer {token}", datetime.now(UTC))


def owner(request: HttpRequest, action: people.Action) -> User:
    """Give whose token a call bears; raises AuthorisationError if it does not open `action`."""
    token = getattr(request, "auth", None)
    if not isinstance(token, Token) or not tokens.allows(token, action):
        scopes = [scope for scope, actions in tokens.OPENS.items() if action in actions]
        raise AuthorisationError(f"this token does not open '{action}'; make one with the scope {' or '.join(scopes)}")
    user: User = token.user
    return user


def failure(kind: str, says: str, status: HTTPStatus) -> JsonResponse:
    """Give an error in the one shape."""
    body = {"error": {"kind": kind, "says": says}}
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def refused(error: AngelshareError) -> JsonResponse:
    """Give one of our own errors."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    return failure(type(error).__name__, str(error), status)


def _allowance(request: HttpRequest) -> ratelimit.Allowance:
    # by the text of the token, whether it is one or not: looking it up is what the limit is there to spare
    given = request.headers.get("Authorization", "")
    digest = tokens.digest(given) if given.startswith(f"Bearer {tokens.PREFIX}") else None
    return ratelimit.API.take(ratelimit.address_of(request), digest, time.monotonic())


def _shaped(response: HttpResponseBase) -> HttpResponseBase:
    """Give the one shape to what Django itself refuses: an address that is none, a method that is not for it."""
    if response.status_code < HTTPStatus.BAD_REQUEST or response.get("Content-Type", "").startswith("application/json"):
        return response
    status = HTTPStatus(response.status_code)
    made = failure(status.phrase.replace(" ", ""), f"{status.phrase}; {ROOT}openapi.json says what there is", status)
    for name in ("Allow", "Retry-After"):
        if name in response:
            made[name] = response[name]
    return made


def _tagged(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Tag a whole answer with its hash, and answer 304 to whoever holds it."""
    if not isinstance(response, HttpResponse) or request.method not in ("GET", "HEAD"):
        return response
    patch_vary_headers(response, ["Authorization"])
    if response.status_code != HTTPStatus.OK:
        return response
    response["Cache-Control"] = "private, no-cache" if "Authorization" in request.headers else "public, no-cache"
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    held = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    if tag in held or "*" in held:
        kept = {name: response[name] for name in ("Vary", "Cache-Control")}
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    response["ETag"] = tag
    return response


def _preflight() -> HttpResponse:
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["Access-Control-Allow-Methods"] = "GET, HEAD"
    response["Access-Control-Allow-Headers"] = "Authorization, If-None-Match"
    response["Access-Control-Max-Age"] = "86400"
    return response


def _open_to_readers(response: HttpResponseBase) -> HttpResponseBase:
    """Let scripts of any site read: no cookie counts here, so an answer holds only what its token opens."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag, Retry-After, X-RateLimit-Remaining"
    return response
