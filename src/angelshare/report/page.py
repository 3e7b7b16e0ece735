"""The page: one HTML file that loads nothing, runs nothing, and can be published as it is."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit
from angelshare.core.records import Manifest
from angelshare.report.contents import fit_targets, lettered_tables, prices
from angelshare.report.figure_tables import fidelity_table
from angelshare.report.figures import drawn
from angelshare.report.glossary import GLOSSARY
from angelshare.report.markup import Markup, join, tag
from angelshare.report.notes import Notes, collect
from angelshare.report.numbers import count, percent
from angelshare.report.scale_tables import divergence_table, logit_table
from angelshare.report.style import page_rules
from angelshare.report.svg import Figure, inline
from angelshare.report.table import Table
from angelshare.report.table_html import set_table
from angelshare.report.verdict_html import set_verdict
from angelshare.report.words import ARMS, MEANINGS, arms_present, instant, source_tree, threat_line, typeset

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy: a browser that honours it can load nothing, whatever a model wrote."""


_WIDE = 60
"""Characters beyond which a fact takes two columns."""

_SHORT = 14
"""Rows up to which a table is not broken over pages."""


def render_page(audit: Audit, *, manifest: Manifest | None = None) -> str:
    """Write the whole page as HTML that is also well-formed XML after its doctype.

    Args:
        audit: the result.
        manifest: the run folder's manifest; without it the page says how to re-run but not what was hashed.
    """
    notes = collect(audit)
    head = tag(
        "head",
        None,
        tag("meta", {"charset": "utf-8"}),
        tag("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        tag("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        tag("title", None, f"{audit.header.teacher}: extraction audit"),
        tag("style", None, Markup(page_rules())),
    )
    first, *others = drawn(audit)
    *middle, last = others
    alike = [set_table(fidelity_table(audit, whole=False), notes, level=audit.header.level)]
    if audit.divergences:
        alike.append(set_table(divergence_table(audit, whole=False), notes, level=audit.header.level))
    figures = [
        _figure(1, first, _learned(audit)),
        *(_figure(number, figure) for number, figure in enumerate(middle, 2)),
        _figure(len(middle) + 2, last, *(tag("div", {"class": "follow"}, table) for table in alike)),
    ]
    main = tag(
        "main", None, set_verdict(audit, notes), *figures, _tables(audit, notes), _again(audit, manifest), _words()
    )
    body = tag("body", None, _header(audit), _nav(), main, _footer(audit))
    return f"<!DOCTYPE html>\n{tag('html', {'lang': 'en'}, head, body)}\n"


def _header(audit: Audit) -> Markup:
    header = audit.header
    threat = header.threat
    adaptive = "yes" if threat.adaptive else "no: students neither choose queries nor reweight, so results understate"
    facts = [
        ("Audited teacher", header.teacher),
        ("Capability", header.task),
        ("Open base", header.base),
        ("Student recipe", header.student),
        ("Verdict is about", f"{ARMS[header.headline_arm]} at {count(header.headline_budget)} queries"),
        ("Students per arm and dose", count(header.seeds)),
        ("Query budget", f"at most {count(header.headline_budget)} per student"),
        ("Interface", threat.interface),
        ("Other data of the distiller", threat.data_budget or "none stated"),
        ("Adaptive", adaptive),
        ("Authorisation", header.authorisation),
        ("Made", f"{instant(header.made_at)}; angelshare {header.version}, commit {source_tree(header.commit)}"),
    ]
    listed = [tag("div", None, tag("dt", None, name), tag("dd", None, words)) for name, words in facts]
    return tag(
        "header",
        None,
        tag("p", {"class": "kicker"}, f"Extraction audit · {audit.plan}"),
        tag("h1", None, typeset(header.question)),
        tag("dl", {"class": "facts"}, *listed),
    )


def _nav() -> Markup:
    places = (
        ("#verdict", "Verdict"),
        ("#recovery_curve-head", "Figures 1 to 6"),
        ("#tables", "Tables A to I"),
        ("#again", "Run it again"),
        ("#words", "Words"),
    )
    return tag("nav", {"aria-label": "Contents"}, *(tag("a", {"href": to}, words) for to, words in places))


def _figure(number: int, figure: Figure, *after: Markup) -> Markup:
    heading = tag(
        "h2", {"id": f"{figure.name}-head"}, tag("span", {"class": "no sans"}, f"Figure {number}"), figure.title
    )
    box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": f"Figure {number}"}
    caption = tag("figcaption", None, figure.caption, tag("span", {"class": "threat"}, figure.threat))
    drawing = tag("figure", None, tag("div", box, inline(figure)), caption)
    return tag("section", {"class": "figure", "aria-labelledby": f"{figure.name}-head"}, heading, drawing, *after)


def _learned(audit: Audit) -> Markup:
    """Say what each arm's students learned from."""
    arms = arms_present(point.arm for point in audit.points)
    entries = [tag("div", None, tag("dt", None, ARMS[arm]), tag("dd", None, MEANINGS[arm])) for arm in arms]
    return tag("dl", {"class": "learned", "aria-label": "What each arm learned from"}, *entries)


def _tables(audit: Audit, notes: Notes) -> Markup:
    level = audit.header.level
    parts: list[Markup] = []
    for table in lettered_tables(audit):
        parts.append(
            tag("div", {"id": f"table-{table.letter}", "class": _length(table)}, set_table(table, notes, level=level))
        )
        following = {"A": logit_table(audit, whole=False), "B": fit_targets(audit), "C": prices(audit)}.get(
            table.letter
        )
        if following is not None and following.rows:
            parts.append(
                tag("div", {"class": f"follow {_length(following)}"}, set_table(following, notes, level=level))
            )
    lead = f"Brackets hold {percent(level)} intervals. A small mark points to table H, where its reason stands."
    return tag(
        "section",
        {"class": "tables", "id": "tables"},
        tag("h2", None, "Tables"),
        tag("p", {"class": "lead"}, lead),
        *parts,
    )


def _length(table: Table) -> str:
    """Mark a table that print keeps on one page."""
    return "short" if len(table.rows) <= _SHORT else "long"


def _again(audit: Audit, manifest: Manifest | None) -> Markup:
    parts: list[Markup] = [
        tag("h2", None, "Manifest, and how to run it again"),
        tag(
            "p",
            {"class": "lead"},
            "The same plan, seeds and versions give the same scores, whatever the number of workers.",
        ),
        tag("pre", None, audit.header.command),
    ]
    if manifest is not None:
        parts += _manifest(manifest)
    return tag("section", {"class": "again", "id": "again"}, *parts)


def _manifest(manifest: Manifest) -> Sequence[Markup]:
    tree = f"{manifest.commit}{' with uncommitted changes' if manifest.dirty else ''}"
    facts = [
        ("Plan", manifest.plan),
        ("Plan, SHA-256", manifest.plan_sha256),
        ("Source tree", tree),
        ("Started", f"{instant(manifest.started_at)}, {count(round(manifest.seconds))} s"),
        ("Seeds", ", ".join(str(seed) for seed in manifest.seeds)),
        ("Packages", ", ".join(f"{name} {version}" for name, version in sorted(manifest.packages.items()))),
    ]
    listed = [
        tag("div", {"class": "wide"} if len(words) > _WIDE else None, tag("dt", None, name), tag("dd", None, words))
        for name, words in facts
    ]
    rows = [
        tag("tr", None, tag("th", {"scope": "row"}, name), tag("td", {"class": "hash"}, tag("code", None, digest)))
        for name, digest in sorted(manifest.files.items())
    ]
    summary = tag("summary", {"class": "small"}, f"SHA-256 of the {count(len(rows))} files of the run folder")
    return [
        tag("dl", {"class": "facts"}, *listed),
        tag("details", None, summary, tag("table", None, tag("tbody", None, *rows))),
    ]


def _words() -> Markup:
    entries = [join(tag("dt", None, word), tag("dd", None, meaning)) for word, meaning in GLOSSARY]
    return tag("section", {"id": "words"}, tag("h2", None, "Words"), tag("dl", {"class": "glossary"}, *entries))


def _footer(audit: Audit) -> Markup:
    header = audit.header
    limits = (
        f"Recovery is measured on {header.task}, with {header.base} as the open base and the recipe "
        f"{header.student}, under "
        "the threat model above. It does not show that anyone has done this, nor what a distiller with more "
        "queries, a "
        "better base or chosen queries would reach; it says nothing about other capabilities of the teacher, nor "
        "whether "
        "a student is safe. A number not stated is not a number near zero."
    )
    return tag(
        "footer",
        None,
        tag("div", None, tag("h2", {"class": "small sans"}, "What the numbers do not show"), tag("p", None, limits),
            tag("p", {"class": "small muted sans"}, threat_line(header))),
    )  # fmt: skip
