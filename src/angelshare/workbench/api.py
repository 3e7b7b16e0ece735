"""The JSON API, version 1: OpenAPI 3.1 at /api/v1/openapi.json."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

import angelshare
from angelshare.core.errors import AngelshareError
from angelshare.workbench import api_own, api_reading
from angelshare.workbench.api_door import failure, refused

api = NinjaAPI(
    title="angelshare workbench",
    version="1",
    description=(
        "Dated claims with their sources, measured numbers with their intervals, and every revision of both. Reading "
        "needs no token. Lists come in screens: pass `next` back as `cursor`. Every answer has an ETag. Every error "
        f"has one shape. Served by angelshare {angelshare.__version__}."
    ),
    urls_namespace="api",
    docs_url=None,  # its page would need scripts from elsewhere
)
api.add_router("", api_reading.router)
api.add_router("", api_own.router)


@api.exception_handler(AngelshareError)
def say_refusal(_request: HttpRequest, error: AngelshareError) -> HttpResponse:
    """Answer what a caller can mend."""
    return refused(error)


@api.exception_handler(ValidationError)
def say_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a call that does not fit the description; what was sent is not repeated."""
    first = error.errors[0] if error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ())[-1:])
    says = f"{where}: {first.get('msg', 'not understood')}" + (
        f" (and {len(error.errors) - 1} more)" if len(error.errors) > 1 else ""
    )
    return failure("InvalidCall", says, HTTPStatus.UNPROCESSABLE_ENTITY)


@api.exception_handler(AuthenticationError)
def say_unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Answer a call without a token that is needed, or with one that is unknown or has expired."""
    says = "this needs a personal token: send it as 'Authorization: Bearer …'; make one under your account"
    response = failure("NoToken", says, HTTPStatus.UNAUTHORIZED)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Http404)
def say_nothing_there(_request: HttpRequest, _error: Http404) -> HttpResponse:
    """Answer an address that is none."""
    return failure("NotFound", "nothing is here; /api/v1/openapi.json lists every address", HTTPStatus.NOT_FOUND)


@api.exception_handler(PermissionDenied)
def say_denied(_request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Answer what the role does not allow."""
    return failure("Denied", str(error) or "not allowed", HTTPStatus.FORBIDDEN)


@api.exception_handler(HttpError)
def say_other(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what the framework refuses, such as a body that is no JSON."""
    return failure("BadRequest", str(error), HTTPStatus(error.status_code))
