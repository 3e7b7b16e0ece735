"""The page of the defence lab: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from angelshare.core.defend import DefendReport
from angelshare.core.records import Manifest
from angelshare.report.defend_figures import defend_figures
from angelshare.report.defend_tables import defend_tables
from angelshare.report.defend_words import MEANINGS, collect, largest_dose, row_name, threat_line
from angelshare.report.markup import Markup, join, tag
from angelshare.report.numbers import count, parts, percent
from angelshare.report.sections import document, length, set_facts, set_figure, set_manifest, set_words
from angelshare.report.table_html import listed, set_table
from angelshare.report.words import instant, source_tree

_RULES = "\n@media screen{.tables td.words{min-width:9rem}}.numbers .verdict-words{font-weight:600}"
"""Verdicts stand in bold."""


def defend_page(report: DefendReport, *, manifest: Manifest | None = None) -> str:
    """Write the whole page.

    Args:
        report: the result.
        manifest: the run folder's manifest; without it the page says how to re-run but not what was hashed.
    """
    notes = collect(report)
    first, *others = defend_figures(report)
    tables = [
        tag("div", {"class": length(table)}, set_table(table, notes, level=report.header.level))
        for table in defend_tables(report, whole=False)
    ]
    section = tag("section", {"class": "tables", "id": "tables"}, tag("h2", None, "Tables"), *tables)
    figures = [set_figure(number, figure) for number, figure in enumerate((first, *others), start=1)]
    main = tag(
        "main", None, _verdict(report), *figures, section, _students(report), _cautions(report),
        _again(report, manifest), set_words(list(MEANINGS.items())),
    )  # fmt: skip
    return document(f"{report.plan}: defence lab", _header(report), main, _footer(), rules=_RULES)


def _header(report: DefendReport) -> Markup:
    head = report.header
    doses = ", ".join(count(budget) for budget in head.budgets)
    facts = [
        ("Teacher", head.teacher), ("Capability", head.task), ("Bases", ", ".join(head.bases)),
        ("Doses", f"{doses} queries, {count(head.seeds)} students each"),
        ("Intervals", percent(head.level)), ("Authorisation", head.authorisation),
        ("Made", f"{instant(head.made_at)}; angelshare {head.version}"), ("Source tree", source_tree(head.commit)),
    ]  # fmt: skip
    return tag(
        "header", None, tag("p", {"class": "kicker"}, "Defence lab"), tag("h1", None, head.question), set_facts(facts)
    )


def _verdict(report: DefendReport) -> Markup:
    rows = [_row(report, index) for index in range(1, len(report.defences)) if not report.defences[index].control]
    return tag(
        "section", {"class": "verdict", "id": "verdict"}, tag("h2", {"class": "sans"}, "Verdict"),
        tag("p", {"class": "sentence"}, report.sentence), tag("ul", {"class": "numbers"}, *rows),
        tag("p", {"class": "small sans muted"}, threat_line(report.header)),
    )  # fmt: skip


def _row(report: DefendReport, index: int) -> Markup:
    row = report.defences[index]
    printed = parts(row.worst_case, level=report.header.level)
    loss = parts(row.teacher_loss, level=report.header.level)
    meaning = (
        f"Worst case over {count(len(report.tactics))} students at {count(largest_dose(report))} queries, by "
        f"{row.worst_student}. Honest users lose {loss.value} of accuracy {loss.interval}."
    )
    return tag(
        "li", None, tag("span", {"class": "name sans"}, row_name(row)),
        tag("span", {"class": "sans"}, tag("span", {"class": "value"}, printed.value),
            tag("span", {"class": "interval"}, printed.interval)),
        tag("span", {"class": "meaning sans"}, tag("span", {"class": "verdict-words"}, row.verdict), ". ", meaning),
    )  # fmt: skip


def _students(report: DefendReport) -> Markup:
    entries = [join(tag("dt", None, name), tag("dd", None, words)) for name, words in report.tactics.items()]
    return tag(
        "section", {"id": "students"}, tag("h2", None, "Who distilled"),
        tag("dl", {"class": "glossary"}, *entries),
    )  # fmt: skip


def _cautions(report: DefendReport) -> Markup:
    return tag("section", {"id": "cautions"}, tag("h2", None, "Cautions"), listed(report.cautions))


def _again(report: DefendReport, manifest: Manifest | None) -> Markup:
    return tag(
        "section", {"class": "again", "id": "again"}, tag("h2", None, "How to run it again"),
        tag("p", {"class": "lead"}, "The same matrix gives the same numbers, but for times per token."),
        tag("pre", None, report.header.command), *(set_manifest(manifest) if manifest is not None else ()),
    )  # fmt: skip


def _footer() -> Markup:
    limits = (
        "The lab compares stated defences against the students it tried, at the doses it tried, on one capability. It "
        "cannot speak for a distiller with other tactics, more queries or other data, and a defence that showed no "
        "effect here may have one elsewhere. No verdict says that anything is prevented."
    )
    heading = tag("h2", {"class": "small sans"}, "What the numbers do not show")
    return tag("footer", None, tag("div", None, heading, tag("p", None, limits)))
