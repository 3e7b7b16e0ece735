"""What templates ask about people."""

from __future__ import annotations

from typing import cast

from django import template
from django.http import HttpRequest

from angelshare.workbench import people

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: template.Context, action: str, target: object | None = None) -> bool:
    """Say whether the reader may do something: `{% may 'propose' as may_propose %}`."""
    request: HttpRequest = context["request"]
    return people.may(request.user, cast("people.Action", action), target)
