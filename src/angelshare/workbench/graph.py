"""The small map of related concepts, drawn on the server: this page in the middle, its relations on an ellipse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F
from django.urls import reverse

from angelshare.core.record import record
from angelshare.report.markup import Markup, join, tag
from angelshare.report.svg import Anchor, line, shortened, text
from angelshare.workbench.models import Page

WIDTH, HEIGHT = 700.0, 270.0
_ACROSS, _DOWN = 165.0, 92.0
_MOST = 10
"""Nodes around the middle; a larger map is no longer read."""


@record
class Node:
    """A page of the map."""

    slug: str
    """Its address."""

    title: str
    """What is set beside it."""

    near: bool
    """Related to the page in the middle, and not only to a relation of it."""


def related_map(slug: str, title: str, related: Sequence[str]) -> Markup:
    """Draw the map of a page; "" where it has no relations that are pages themselves.

    Two questions to the database: the relations, and what these are related to in turn.
    """
    ring = _pages(related)
    if not ring:
        return Markup("")
    further = [name for held in ring.values() for name in held[1] if name != slug and name not in ring]
    outer = _pages(list(dict.fromkeys(further))[: max(0, _MOST - len(ring))])
    nodes = [
        *(Node(slug=name, title=held[0], near=True) for name, held in ring.items()),
        *(Node(slug=name, title=held[0], near=False) for name, held in outer.items()),
    ][:_MOST]
    ties = {(name, other) for name, held in {**ring, **outer}.items() for other in held[1]}
    return draw(Node(slug=slug, title=title, near=True), nodes, ties)


def draw(middle: Node, nodes: Sequence[Node], ties: Iterable[tuple[str, str]]) -> Markup:
    """Draw the map: lines to near nodes are whole, those between relations dotted."""
    angles = [math.tau * index / len(nodes) - math.pi / 2 for index in range(len(nodes))]
    where = {
        node.slug: (WIDTH / 2 + _ACROSS * math.cos(angle), HEIGHT / 2 + _DOWN * math.sin(angle))
        for node, angle in zip(nodes, angles, strict=True)
    }
    centre = (WIDTH / 2, HEIGHT / 2)
    pairs = sorted({(min(pair), max(pair)) for pair in ties if pair[0] in where and pair[1] in where})
    strokes = [
        *(line(where[one], where[other], "edge far") for one, other in pairs),
        *(line(centre, where[node.slug], "edge") for node in nodes if node.near),
    ]
    marks = [_node(node, where[node.slug], angle) for node, angle in zip(nodes, angles, strict=True)]
    own = [
        tag("circle", {"class": "node self", "cx": centre[0], "cy": centre[1], "r": 6.0}),
        text(centre[0], centre[1] + 22, shortened(middle.title, 260), classes="b halo", anchor="m"),
    ]
    names = ", ".join(node.title for node in nodes if node.near)
    attributes = {
        "class": "fig", "viewBox": f"0 0 {WIDTH:.0f} {HEIGHT:.0f}", "role": "group",
        "aria-label": f"Map of concepts around {middle.title}: {names}",
    }  # fmt: skip
    return tag("svg", attributes, *strokes, *marks, *own)


def _node(node: Node, at: tuple[float, float], angle: float) -> Markup:
    x, y = at
    side = math.cos(angle)
    anchor: Anchor = "m" if abs(side) < 0.2 else "" if side > 0 else "e"  # noqa: PLR2004 - above or below the middle
    across = 0.0 if anchor == "m" else math.copysign(11.0, side)
    down = math.copysign(17.0, math.sin(angle)) if anchor == "m" else 0.0
    room = 260.0 if anchor == "m" else (WIDTH - abs(x - WIDTH / 2) * 2) / 2 - 12
    label = text(
        x + across, y + down + 4, shortened(node.title, room), classes="halo" if node.near else "halo q", anchor=anchor
    )
    dot = tag("circle", {"class": "node", "cx": x, "cy": y, "r": 5.0 if node.near else 3.5})
    return tag("a", {"href": reverse("page", args=[node.slug])}, join(tag("title", None, node.title), dot, label))


def _pages(slugs: Sequence[str]) -> Mapping[str, tuple[str, Sequence[str]]]:
    """Give title and relations of each page, in the order asked for."""
    rows = Page.objects.filter(slug__in=slugs, head__isnull=False).values_list(
        "slug", "title", F("head__dossier__related")
    )
    found = {slug: (title, tuple(related or ())) for slug, title, related in rows}
    return {slug: found[slug] for slug in slugs if slug in found}
