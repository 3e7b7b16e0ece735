"""What every template needs: the address of the palette, and entries of the main navigation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from angelshare.workbench.look import palette_version
from angelshare.workbench.models import RevisionChange

register = template.Library()


@register.simple_tag(takes_context=True)
def here(context: Context, name: str, label: str) -> SafeString:
    """Write an entry of the navigation, marked where it leads to the page being read; none if nothing has this name."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    request = context.get("request")
    current = SafeString(' aria-current="page"') if request is not None and request.path == address else SafeString("")
    return format_html('<li><a href="{}"{}>{}</a></li>', address, current, label)


@register.simple_tag
def named(names: Mapping[str, str], key: str) -> str:
    """Give what a key is called."""
    return names.get(key, key)


@register.simple_tag
def telling_first(changes: Iterable[RevisionChange]) -> Sequence[RevisionChange]:
    """Put what a reader came for first: measured numbers, statuses of claims, claims, fields, lists, sources."""
    return sorted(changes, key=lambda change: (_weight(change.path), change.pk))


def _weight(path: str) -> int:
    top, _, rest = path.partition("/")
    if top == "claims":
        return 1 if rest.endswith("/status") else 2
    return {"measured": 0, "sources": 5, "used_by": 4, "related": 4, "articles": 4, "references": 5}.get(top, 3)


register.simple_tag(palette_version, name="palette_version")
