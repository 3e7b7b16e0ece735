"""The page: one HTML file that loads nothing, runs nothing, and can be published as it is."""

from __future__ import annotations

from angelshare.core.audit import Audit
from angelshare.core.records import Manifest
from angelshare.report.contents import fit_targets, lettered_tables, prices
from angelshare.report.figure_tables import fidelity_table
from angelshare.report.figures import drawn
from angelshare.report.glossary import GLOSSARY
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes, collect
from angelshare.report.numbers import count, percent
from angelshare.report.scale_tables import divergence_table, logit_table
from angelshare.report.sections import document, length, set_facts, set_figure, set_manifest, set_words
from angelshare.report.table_html import set_table
from angelshare.report.verdict_html import set_verdict
from angelshare.report.words import ARMS, MEANINGS, arms_present, instant, source_tree, threat_line, typeset


def render_page(audit: Audit, *, manifest: Manifest | None = None) -> str:
    """Write the whole page as HTML that is also well-formed XML after its doctype.

    Args:
        audit: the result.
        manifest: the run folder's manifest; without it the page says how to re-run but not what was hashed.
    """
    notes = collect(audit)
    first, *others = drawn(audit)
    *middle, last = others
    alike = [set_table(fidelity_table(audit, whole=False), notes, level=audit.header.level)]
    if audit.divergences:
        alike.append(set_table(divergence_table(audit, whole=False), notes, level=audit.header.level))
    figures = [
        set_figure(1, first, _learned(audit)),
        *(set_figure(number, figure) for number, figure in enumerate(middle, 2)),
        set_figure(len(middle) + 2, last, *(tag("div", {"class": "follow"}, table) for table in alike)),
    ]
    main = tag(
        "main",
        None,
        set_verdict(audit, notes),
        *figures,
        _tables(audit, notes),
        _again(audit, manifest),
        set_words(GLOSSARY),
    )
    title = f"{audit.header.teacher}: extraction audit"
    return document(title, _header(audit), _nav(), main, _footer(audit))


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
    return tag(
        "header",
        None,
        tag("p", {"class": "kicker"}, f"Extraction audit · {audit.plan}"),
        tag("h1", None, typeset(header.question)),
        set_facts(facts),
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
            tag("div", {"id": f"table-{table.letter}", "class": length(table)}, set_table(table, notes, level=level))
        )
        following = {"A": logit_table(audit, whole=False), "B": fit_targets(audit), "C": prices(audit)}.get(
            table.letter
        )
        if following is not None and following.rows:
            parts.append(tag("div", {"class": f"follow {length(following)}"}, set_table(following, notes, level=level)))
    lead = f"Brackets hold {percent(level)} intervals. A small mark points to table H, where its reason stands."
    return tag(
        "section",
        {"class": "tables", "id": "tables"},
        tag("h2", None, "Tables"),
        tag("p", {"class": "lead"}, lead),
        *parts,
    )


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
        parts += set_manifest(manifest)
    return tag("section", {"class": "again", "id": "again"}, *parts)


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
