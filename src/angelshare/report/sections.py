"""Parts that every page is made of: the frame that loads nothing, a figure in its place, the manifest."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.records import Manifest
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count
from angelshare.report.style import page_rules
from angelshare.report.svg import Figure, inline
from angelshare.report.table import Table
from angelshare.report.words import instant

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy: a browser that honours it can load nothing, whatever a model wrote."""

_WIDE = 60
"""Characters beyond which a fact takes two columns."""

_SHORT = 14
"""Rows up to which a table is not broken over pages."""


def document(title: str, *body: Markup, rules: str = "") -> str:
    """Frame a page as HTML that is also well-formed XML after its doctype.

    Args:
        title: for the window.
        body: what stands in the body, in order.
        rules: CSS of this kind of page, after that of all pages.
    """
    head = tag(
        "head",
        None,
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("title", None, title),
        tag("style", None, Markup(page_rules() + rules)),
    )
    return f"<!DOCTYPE html>\n{tag('html', {'lang': 'en'}, head, tag('body', None, *body))}\n"


def set_figure(number: int, figure: Figure, *after: Markup) -> Markup:
    """Set a figure under its number, with caption, the line of what is assumed, and what follows it."""
    heading = tag(
        "h2", {"id": f"{figure.name}-head"}, tag("span", {"class": "no sans"}, f"Figure {number}"), figure.title
    )
    box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": f"Figure {number}"}
    caption = tag("figcaption", None, figure.caption, tag("span", {"class": "threat"}, figure.threat))
    drawing = tag("figure", None, tag("div", box, inline(figure)), caption)
    return tag("section", {"class": "figure", "aria-labelledby": f"{figure.name}-head"}, heading, drawing, *after)


def set_facts(facts: Sequence[tuple[str, str]], *, wide: bool = False) -> Markup:
    """Set named facts in columns; with `wide`, long ones take two."""
    listed = [
        tag(
            "div",
            {"class": "wide"} if wide and len(words) > _WIDE else None,
            tag("dt", None, name),
            tag("dd", None, words),
        )
        for name, words in facts
    ]
    return tag("dl", {"class": "facts"}, *listed)


def set_words(entries: Sequence[tuple[str, str]]) -> Markup:
    """Set a glossary."""
    listed = [join(tag("dt", None, word), tag("dd", None, meaning)) for word, meaning in entries]
    return tag("section", {"id": "words"}, tag("h2", None, "Words"), tag("dl", {"class": "glossary"}, *listed))


def length(table: Table) -> str:
    """Mark a table that print keeps on one page."""
    return "short" if len(table.rows) <= _SHORT else "long"


def set_manifest(manifest: Manifest) -> Sequence[Markup]:
    """Set what was run on what: versions, seeds, and the hash of every file of the run folder."""
    tree = f"{manifest.commit}{' with uncommitted changes' if manifest.dirty else ''}"
    facts = [
        ("Plan", manifest.plan),
        ("Plan, SHA-256", manifest.plan_sha256),
        ("Source tree", tree),
        ("Started", f"{instant(manifest.started_at)}, {count(round(manifest.seconds))} s"),
        ("Seeds", ", ".join(str(seed) for seed in manifest.seeds)),
        ("Packages", ", ".join(f"{name} {version}" for name, version in sorted(manifest.packages.items()))),
    ]
    rows = [
        tag("tr", None, tag("th", {"scope": "row"}, name), tag("td", {"class": "hash"}, tag("code", None, digest)))
        for name, digest in sorted(manifest.files.items())
    ]
    summary = tag("summary", {"class": "small"}, f"SHA-256 of the {count(len(rows))} files of the run folder")
    return [
        set_facts(facts, wide=True),
        tag("details", None, summary, tag("table", None, tag("tbody", None, *rows))),
    ]
