"""The page of one case, for the operator's eyes: it names accounts and never leaves with a run."""

from __future__ import annotations

from angelshare.core.records import Estimate
from angelshare.core.traffic import CaseFile, Review
from angelshare.report.detect_figures import ties_figure, timeline_figure
from angelshare.report.detect_page import RULES, footer, models_of, remaining, set_plain, subjects_of
from angelshare.report.detect_tables import (
    evidence_table,
    members_table,
    metadata_table,
    sensitivity_table,
    statute_table,
)
from angelshare.report.detect_words import NOTICE, WORDS, e_value, requests_of, resembles, span, titled
from angelshare.report.markup import Markup, tag
from angelshare.report.numbers import count, dollars, full, parts
from angelshare.report.sections import document, set_facts, set_figure, set_words
from angelshare.report.table_html import listed
from angelshare.report.words import instant


def case_page(case: CaseFile, *, origin: str, signed_by: str) -> str:
    """Write the page of a case.

    Args:
        case: what was found.
        origin: run, budget and version it comes from, in a line.
        signed_by: first digits of the public key that signed the case file.
    """
    tables = (sensitivity_table(case), statute_table(case), metadata_table(case), members_table(case))
    main = tag(
        "main", None, _verdict(case), set_figure(1, timeline_figure(case)), set_figure(2, ties_figure(case)),
        tag("section", {"class": "tables", "id": "evidence"}, set_plain(evidence_table(case)),
            *(set_plain(table) for table in tables)),
        tag("section", {"id": "remaining"}, remaining(case)), _reviews(case), _provenance(origin, signed_by),
        set_words(WORDS),
    )  # fmt: skip
    return document(titled(case), _header(case), main, footer(), rules=RULES)


def _header(case: CaseFile) -> Markup:
    cost = case.replacement_cost_usd
    facts = [
        ("Verdict", case.verdict + (f": {resembles(case)}" if case.look_alike else "")),
        ("Accounts", count(len(case.members))),
        ("Requests", count(requests_of(case))),
        ("Days", span(case)),
        ("Output tokens received", count(case.harvested_tokens)),
        ("Replacement cost", "no price was given" if cost is None else dollars(cost)),
        ("Models", models_of(case)),
        ("Subjects", subjects_of(case)),
    ]
    return tag(
        "header", None, tag("p", {"class": "kicker"}, f"Case file. {NOTICE}"),
        tag("h1", None, titled(case)), set_facts(facts, wide=True),
    )  # fmt: skip


def _verdict(case: CaseFile) -> Markup:
    printed = parts(case.expected_false)
    method = case.expected_false.method if isinstance(case.expected_false, Estimate) else ""
    numbers = [
        tag("li", None, tag("div", {"class": "name sans"}, "E-value"),
            tag("span", {"class": "value"}, e_value(case.e_value)),
            tag("p", {"class": "meaning sans"}, "Evidence of the deciding signals against every honest explanation.")),
        tag("li", None, tag("div", {"class": "name sans"}, "Expected false campaigns"),
            tag("div", {"title": full(case.expected_false)}, tag("span", {"class": "value"}, printed.value),
                tag("span", {"class": "interval"}, printed.interval)),
            tag("p", {"class": "meaning sans"}, method or "Per period, on the operator’s own benign history.")),
    ]  # fmt: skip
    return tag(
        "section", {"class": "verdict", "id": "verdict", "aria-labelledby": "verdict-head"},
        tag("h2", {"id": "verdict-head"}, f"Verdict: {case.verdict}"),
        tag("p", {"class": "sentence"}, case.sentence), tag("ul", {"class": "numbers"}, *numbers),
        tag("p", {"class": "small muted"}, f"{NOTICE} Hypothesis: {case.hypothesis}"),
    )  # fmt: skip


def _reviews(case: CaseFile) -> Markup:
    said = [_review(review) for review in case.reviews] or ["No person has decided on this case yet."]
    return tag("section", {"id": "reviews"}, tag("h2", None, "Decisions of people"), listed(said))


def _review(review: Review) -> str:
    return f"{instant(review.at)}: {review.decision}, by {review.by}. {review.reason}"


def _provenance(origin: str, signed_by: str) -> Markup:
    return tag(
        "section", {"class": "again", "id": "origin"}, tag("h2", None, "Where it comes from"),
        tag("p", {"class": "lead"}, f"{origin} Signed by key {signed_by}. Check every byte of the case file:"),
        tag("pre", None, "angelshare detect verify case.json"),
    )  # fmt: skip
