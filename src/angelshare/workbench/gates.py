"""The door of a view: sign in first where that would do, 403 where it would not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from angelshare.workbench import people
from angelshare.workbench.models import User

NEEDS = "angelshare_needs"
"""Attribute of a view: the action one must be allowed. Django's own decorators carry it along."""

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


def gate(action: people.Action) -> Callable[[V], V]:
    """Mark a view as open only to those who may do `action`; put it anywhere among the view's decorators."""

    def mark(view: V) -> V:
        setattr(view, NEEDS, action)
        return view

    return mark


class GateMiddleware:
    """Hold every marked view's door: visitors are sent to sign in and come back, members without the role get 403."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; the door is held just before the view."""
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: Sequence[str],
        _named: Mapping[str, str],
    ) -> HttpResponseBase | None:
        """Say who may not pass, or return None."""
        action = getattr(view, NEEDS, None)
        if action is None or people.may(request.user, action):
            return None
        if isinstance(request.user, User):
            raise PermissionDenied(f"the role of '{request.user}' does not allow '{action}'")
        return redirect_to_login(request.get_full_path())


def signed_in(request: HttpRequest) -> User:
    """Return who is signed in; behind a gate that no visitor passes, this cannot fail."""
    if not isinstance(request.user, User):
        raise PermissionDenied("nobody is signed in")
    return request.user
