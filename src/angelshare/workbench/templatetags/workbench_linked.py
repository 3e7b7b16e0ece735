"""The block of schema.org metadata in the head of a page: data, which no browser runs."""

from __future__ import annotations

import json

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from angelshare.workbench.export_linked import page_node
from angelshare.workbench.export_shapes import Exported
from angelshare.workbench.reading import Reading

register = template.Library()

ESCAPES = {ord(">"): "\\u003e", ord("<"): "\\u003c", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
"""Characters that could end the block or be read as markup; JSON has another way to write each."""


@register.simple_tag(takes_context=True)
def linked_data(context: Context, reading: Reading) -> SafeString:
    """Write a page's metadata as a data block; a type that is not a script's is outside the reach of script-src."""
    one = Exported(
        dossier=reading.dossier,
        sha256=reading.revision.sha256,
        number=reading.revision.number,
        published_at=reading.revision.published_at,
    )
    node = {"@context": "https://schema.org/", **page_node(one, context["request"].build_absolute_uri)}
    text = json.dumps(node, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped above
