"""The page of a detect run: one HTML file that loads nothing, runs nothing and names no account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.traffic import CaseFile, DetectReport
from angelshare.report.detect_figures import cases_figure, ties_figure, timeline_figure
from angelshare.report.detect_tables import (
    cases_table,
    coverage_table,
    evidence_table,
    lines_table,
    naive_table,
    planted_table,
)
from angelshare.report.detect_words import LIMITS, NOTICE, WORDS, lines_read, titled
from angelshare.report.markup import Markup, join, tag
from angelshare.report.notes import Notes
from angelshare.report.numbers import count, full, parts, percent
from angelshare.report.sections import document, length, set_facts, set_figure, set_words
from angelshare.report.table import Table
from angelshare.report.table_html import listed, set_table
from angelshare.report.words import instant

_LEVEL = 0.95
_NO_NOTES = Notes(refusals=[], cautions=[])
RULES = "section h3{font-size:1.05rem;font-weight:600;margin:1.6rem 0 .3rem}"
"""CSS of pages with cases."""
_DRAWN = 12
"""Campaigns drawn one by one; more stand in the table, and each has a page of its own."""


def detect_page(report: DetectReport, *, command: str) -> str:
    """Write the whole page of a report without account ids; `command` names files only."""
    number = 1
    campaigns = []
    for case in report.campaigns[:_DRAWN]:
        campaigns.append(_campaign(case, number + 1))
        number += 2
    tables = [coverage_table(report), naive_table(report), lines_table(report)]
    if report.planted:
        tables.insert(2, planted_table(report))
    main = tag(
        "main", None, _verdict(report), set_figure(1, cases_figure(report)),
        tag("section", {"class": "tables", "id": "cases-table"}, set_plain(cases_table(report))),
        *campaigns, _calibration(report),
        tag("section", {"class": "tables", "id": "tables"}, *(set_plain(table) for table in tables)),
        _cautions(report), _again(command), set_words(WORDS),
    )  # fmt: skip
    return document("Campaigns in API traffic", _header(report), main, footer(), rules=RULES)


def footer() -> Markup:
    """Set what no case shows."""
    return tag(
        "footer", None,
        tag("div", None, tag("h2", {"class": "small sans"}, "What a case does not show"), tag("p", None, LIMITS)),
    )  # fmt: skip


def _header(report: DetectReport) -> Markup:
    said = report.calibration
    facts = [
        ("Days", f"{report.period} ({count(report.days)})"),
        ("Accounts", count(report.accounts)),
        ("Lines", lines_read(report.lines)),
        ("Prompts", "keyed features, no text kept" if report.text else "not read (--no-text)"),
        ("Budget", said.budget),
        ("Engine", report.engine),
        ("Made", f"{instant(report.made_at)}; angelshare {report.version}"),
        ("Benign history", f"{count(said.benign_days)} days, {count(said.benign_accounts)} accounts"),
    ]  # fmt: skip
    return tag(
        "header", None, tag("p", {"class": "kicker"}, "Detect"),
        tag("h1", None, "Which groups of accounts are distillation campaigns?"), set_facts(facts),
    )  # fmt: skip


def _verdict(report: DetectReport) -> Markup:
    printed = parts(report.calibration.realised)
    realised = tag(
        "li", None, tag("div", {"class": "name sans"}, "False campaigns a period"),
        tag("div", {"title": full(report.calibration.realised)}, tag("span", {"class": "value"}, printed.value),
            tag("span", {"class": "interval"}, printed.interval)),
        tag("p", {"class": "meaning sans"},
            f"On held-back benign history; asked for: {report.calibration.budget}. "
            f"Attainable: {report.calibration.attainable}."),
    )  # fmt: skip
    return tag(
        "section", {"class": "verdict", "id": "verdict", "aria-labelledby": "verdict-head"},
        _off(report), tag("h2", {"id": "verdict-head"}, "Verdict"),
        tag("p", {"class": "sentence"}, report.sentence),
        tag("ul", {"class": "numbers"}, _counted(report), realised),
        tag("p", {"class": "small muted"}, f"{NOTICE} Brackets hold 95\u00a0% intervals."),
    )  # fmt: skip


def _counted(report: DetectReport) -> Markup:
    said = (
        f"{count(len(report.look_alikes))} look-alikes explained by an honest workload, "
        f"{count(len(report.insufficient))} cases the data cannot decide."
    )
    accounts = sum(len(case.members) for case in report.campaigns)
    return tag(
        "li", None, tag("div", {"class": "name sans"}, "Campaigns"),
        tag("div", None, tag("span", {"class": "value"}, count(len(report.campaigns))),
            tag("span", {"class": "interval"}, f"{count(accounts)} accounts")),
        tag("p", {"class": "meaning sans"}, said),
    )  # fmt: skip


def _off(report: DetectReport) -> Markup:
    """Say loudly what could not run."""
    if not report.detectors_off:
        return Markup("")
    n = len(report.detectors_off)
    return tag(
        "div", {"class": "banner", "role": "note"},
        tag("strong", None, f"{count(n)} {'signal is' if n == 1 else 'signals are'} off on these logs."),
        listed(list(report.detectors_off)),
    )  # fmt: skip


def _campaign(case: CaseFile, number: int) -> Markup:
    facts = [
        ("Accounts", count(len(case.members))),
        ("Output tokens received", count(case.harvested_tokens)),
        ("Models", models_of(case)),
        ("Subjects", subjects_of(case)),
    ]
    return tag(
        "section", {"class": "part", "id": f"case-{case.id}"},
        tag("h2", None, titled(case)), tag("p", {"class": "lead"}, case.sentence),
        tag("p", {"class": "small muted"}, f"{NOTICE} Hypothesis: {case.hypothesis}"), set_facts(facts, wide=True),
        set_figure(number, timeline_figure(case, name=f"timeline-{number}")),
        set_figure(number + 1, ties_figure(case, name=f"ties-{number}")),
        tag("div", {"class": "tables"}, set_plain(evidence_table(case))),
        remaining(case),
    )  # fmt: skip


def remaining(case: CaseFile) -> Markup:
    """Set the honest explanations that are left, and what traffic cannot show."""
    return join(
        tag("h3", None, "Honest explanations that remain"), listed(list(case.alternatives) or ["None was found."]),
        tag("h3", None, "What the traffic cannot show"), listed(list(case.unknowns)),
    )  # fmt: skip


def _calibration(report: DetectReport) -> Markup:
    said = report.calibration
    facts = [
        ("Budget", said.budget),
        ("Realised", full(said.realised)),
        ("Attainable with this history", said.attainable),
        ("History", f"{count(said.benign_days)} days, {count(said.benign_accounts)} independent accounts"),
    ]
    return tag(
        "section", {"id": "calibration"}, tag("h2", None, "How the budget was held"),
        tag("p", {"class": "lead"}, "Every signal is scored against groups of the operator’s own benign history; the "
            "threshold is the one at which held-back benign periods give no more false campaigns than asked for."),
        set_facts(facts, wide=True),
    )  # fmt: skip


def _cautions(report: DetectReport) -> Markup:
    return tag(
        "section", {"id": "cautions"}, tag("h2", None, "What to bear in mind"), listed([NOTICE, *report.cautions])
    )


def _again(command: str) -> Markup:
    return tag(
        "section", {"class": "again", "id": "again"}, tag("h2", None, "How to run it again"),
        tag("p", {"class": "lead"}, "The same logs, history, options and version give the same cases."),
        tag("pre", None, command),
    )  # fmt: skip


def set_plain(table: Table) -> Markup:
    """Set a table whose numbers have no notes."""
    return tag("div", {"class": length(table)}, set_table(table, _NO_NOTES, level=_LEVEL))


def _most(counted: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:6]


def models_of(case: CaseFile) -> str:
    """Name the models asked most, with their requests."""
    return ", ".join(f"{name} {count(n)}" for name, n in _most(case.models))


def subjects_of(case: CaseFile) -> str:
    """Name the subjects asked about most, with their shares."""
    said = ", ".join(f"{name} {percent(share)}" for name, share in _most(case.capabilities))
    return said or "no features of prompts"
