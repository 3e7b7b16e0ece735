"""The page of a compute ledger: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.compute import ComputeLedger
from angelshare.core.records import Number
from angelshare.report.ledger_figure import threshold_figure
from angelshare.report.ledger_tables import MARKS_KEY, ledger_notes, ledger_tables
from angelshare.report.markup import Markup, tag
from angelshare.report.numbers import count, parts, percent
from angelshare.report.sections import document, length, set_facts, set_figure, set_words
from angelshare.report.table_html import listed, set_table
from angelshare.report.words import instant

WORDS: Sequence[tuple[str, str]] = (
    ("FLOP", "Floating-point operations: an amount. FLOP/s is a rate."),
    ("counted", "Compute that a rule-set’s text includes. What the text does not settle widens the interval."),
    ("seen", "Yes: beyond the threshold over the whole interval. No: nowhere in it. Depends: neither can be said."),
    ("distance", "Threshold over what is counted: above 1, so many times below it; below 1, beyond it."),
    ("6ND, 2ND", "Six operations per parameter and trained token; two per parameter and token of a forward pass."),
    ("interval", "Doubt about the inputs as stated, carried through by draws. It says nothing about doubt in the law."),
)  # fmt: skip
"""What the page's words mean."""


_RULES = (
    "\n@media screen{.tables table{width:100%}.tables td,.tables tbody th,.tables thead th{padding-right:.9rem}"
    ".tables tbody th{min-width:9rem}td.words{min-width:8rem}td.n .i{display:block}}"
)
"""Columns of words here are many and short."""


def ledger_page(ledger: ComputeLedger) -> str:
    """Write the whole page."""
    notes = ledger_notes(ledger)
    tables = [
        tag("div", {"class": length(table)}, set_table(table, notes, level=ledger.level))
        for table in ledger_tables(ledger)
    ]
    section = tag("section", {"class": "tables", "id": "tables"}, tag("h2", None, "Tables"), *tables)
    main = tag(
        "main", None, _verdict(ledger), set_figure(1, threshold_figure(ledger)), section, _notes(ledger),
        _again(ledger), set_words(WORDS),
    )  # fmt: skip
    return document(f"{ledger.model}: compute ledger", _header(ledger), main, _footer(), rules=_RULES)


def _header(ledger: ComputeLedger) -> Markup:
    facts = [
        ("Model", ledger.model),
        ("Law as of", ledger.as_of),
        ("Rule-sets not shown", f"{count(ledger.hidden)}, which did not stand on that day"),
        ("Intervals", f"{percent(ledger.level)}, {count(ledger.draws)} draws, seed {ledger.seed}"),
        ("Made", f"{instant(ledger.made_at)}; angelshare {ledger.version}"),
        ("Input", "; ".join(f"{one.title} (SHA-256 {one.url[:12]}…)" for one in ledger.files) or "none recorded"),
    ]
    return tag(
        "header", None, tag("p", {"class": "kicker"}, f"Compute ledger · law as of {ledger.as_of}"),
        tag("h1", None, f"Which compute thresholds see {ledger.model}?"), set_facts(facts),
    )  # fmt: skip


def _verdict(ledger: ComputeLedger) -> Markup:
    rows = [
        _number("Total", ledger.total_flop, "Every line but the teacher’s own training, whichever rule-set counts it.")
    ]
    if ledger.parent_flop is not None:
        rows.append(_number("Teacher", ledger.parent_flop, "Its own training, which some texts leave out by name."))
    return tag(
        "section", {"class": "verdict", "id": "verdict"}, tag("h2", {"class": "sans"}, "Verdict"),
        tag("p", {"class": "sentence"}, ledger.sentence), tag("ul", {"class": "numbers"}, *rows),
    )  # fmt: skip


def _number(name: str, number: Number, meaning: str) -> Markup:
    printed = parts(number, unit="FLOP")
    refused = {"class": "refused"} if printed.value == "not stated" else None
    return tag(
        "li", refused, tag("span", {"class": "name sans"}, name),
        tag("span", {"class": "sans"}, tag("span", {"class": "value"}, printed.value),
            tag("span", {"class": "interval"}, printed.interval)),
        tag("span", {"class": "meaning sans"}, meaning),
    )  # fmt: skip


def _notes(ledger: ComputeLedger) -> Markup:
    return tag(
        "section", {"id": "assumptions"}, tag("h2", None, "Assumptions and cautions"),
        listed([*ledger.notes, MARKS_KEY]),
    )  # fmt: skip


def _again(ledger: ComputeLedger) -> Markup:
    return tag(
        "section", {"class": "again", "id": "again"}, tag("h2", None, "How to run it again"),
        tag("p", {"class": "lead"}, "The same files, day, level, draws and seed give the same numbers."),
        tag("pre", None, ledger.command),
    )  # fmt: skip


def _footer() -> Markup:
    limits = (
        "The ledger compares stated compute with the words of instruments as this version reads them, on the day each "
        "rule-set was verified. It is no legal advice. It does not know what a developer earns, intends or was "
        "permitted, and a small number of operations says nothing about what a student can do."
    )
    heading = tag("h2", {"class": "small sans"}, "What the numbers do not show")
    return tag("footer", None, tag("div", None, heading, tag("p", None, limits)))
