"""The page of a lineage test: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.lineage import LineageReport
from angelshare.core.records import Number, Refusal
from angelshare.report.lineage_figure import panel_figure
from angelshare.report.lineage_tables import reasons_of, tables_of
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes
from angelshare.report.numbers import count, parts, phrase
from angelshare.report.sections import document, length, set_facts, set_figure, set_words
from angelshare.report.table_html import listed, set_table
from angelshare.report.words import instant

ACCUSATION = "A match is not an accusation."
_WORDS = (
    ("derived", "At the stated level the replies look like those of models that this teacher taught."),
    ("not shown", "The test could have found such a student and did not. It does not show that there was no teaching."),
    ("cannot tell", "The data cannot carry either word; the reasons stand beside it."),
    ("null project", "One training project, with all its models, that no candidate taught: the unit that is counted."),
    ("comparison project", "A null project or a teacher of another house: the suspect is ranked with them."),
    ("smallest p possible", "One in the comparison projects plus one; no test on this panel can give less."),
    ("laundered", "Replies with their format taken off. A match that rests on format alone is not called derived."),
)  # fmt: skip


def lineage_page(report: LineageReport, *, command: str) -> str:
    """Write the whole page; `command` names files only."""
    tables = tables_of(report)
    notes = Notes(refusals=[], cautions=[])
    set_ = [tag("div", {"class": length(table)}, set_table(table, notes, level=0.95)) for table in tables]
    main = tag(
        "main", None, _verdict(report), set_figure(1, panel_figure(report)),
        _section("why", "Why these words", [reasons_of(one) for one in report.verdicts if one.reasons]),
        tag("section", {"class": "tables", "id": "tables"}, tag("h2", None, "Tables"), *set_),
        _section("not-shown", "What this does not show", _capital(report.not_shown)),
        _section("alternatives", "Other explanations that remain", _capital(report.alternatives)),
        _section("panel", "The panel", _capital(_panel_words(report))),
        _section("cautions", "What to bear in mind", _capital(report.cautions)),
        _registration(report),
        tag("section", {"class": "again", "id": "again"}, tag("h2", None, "How to run it again"),
            tag("p", {"class": "lead"}, "The same files, options and version give the same numbers."),
            tag("pre", None, command)),
        set_words(_WORDS),
    )  # fmt: skip
    footer = tag("footer", None, tag("div", None, tag("h2", {"class": "small sans"}, ACCUSATION),
        tag("p", None, "Likeness of answers has more causes than teaching, and this test names only the candidates it "
            "was given. What each word may and may not be used to say stands in docs/counsel.md.")))  # fmt: skip
    return document("Lineage test", _header(report), main, footer)


def _section(name: str, title: str, entries: Sequence[str]) -> Markup:
    body = listed(list(entries)) if entries else tag("p", None, "Nothing.")
    return tag("section", {"id": name}, tag("h2", None, title), body)


def _capital(sentences: Sequence[str]) -> Sequence[str]:
    return [f"{words[:1].upper()}{words[1:]}" for words in sentences]


def _header(report: LineageReport) -> Markup:
    facts = [
        ("Suspect", report.suspect),
        ("Candidates", ", ".join(one.teacher for one in report.verdicts)),
        ("Prompts, answered by all", count(report.n_prompts)),
        ("Null projects", f"{count(report.panel.projects)} ({count(report.panel.models)} models)"),
        ("Registered", f"SHA-256 {report.registered[:16]}…" if report.registered else "no"),
        ("Made", f"{instant(report.made_at)}; angelshare {report.version}"),
    ]
    return tag(
        "header", None, tag("p", {"class": "kicker"}, "Lineage"),
        tag("h1", None, "Was this model taught by one of these?"), set_facts(facts),
    )  # fmt: skip


def _verdict(report: LineageReport) -> Markup:
    first = report.verdicts[0] if report.verdicts else None
    numbers = [
        _number("Wrongly called derived", report.panel.false_positive_rate, "Null projects, each left out and tested."),
        _number("Class none", report.none_of_them, "Share of the suspect's replies, in bags, that look untaught."),
    ]
    if first is not None:
        numbers.insert(0, _number("Power", first.power, f"Documented students of {first.teacher} that are found."))
    word = first.verdict.capitalize() if first else "Cannot tell"
    return tag(
        "section", {"class": "verdict", "id": "verdict"},
        tag("h2", {"class": "sans"}, f"{word}: {first.teacher}" if first else word),
        tag("p", {"class": "sentence"}, report.sentence), tag("ul", {"class": "numbers"}, *numbers),
    )  # fmt: skip


def _number(name: str, number: Number, meaning: str) -> Markup:
    printed = parts(number)
    said = meaning if isinstance(number, Refusal) else f"{meaning} n = {count(number.n)}."
    return tag(
        "li", {"class": "refused"} if isinstance(number, Refusal) else None, tag("span", {"class": "name sans"}, name),
        tag("span", {"class": "sans"}, tag("span", {"class": "value"}, printed.value), " ",
            tag("span", {"class": "interval"}, printed.interval)),
        tag("span", {"class": "meaning sans"}, said),
    )  # fmt: skip


def _panel_words(report: LineageReport) -> list[str]:
    panel = report.panel
    bases = ", ".join(f"{base} {n}" for base, n in panel.bases.items()) or "unknown"
    return [
        f"{count(panel.projects)} null projects, {count(panel.models)} models; least p {count(panel.attainable_p)}",
        f"null projects wrongly called derived, each left out and tested: {phrase(panel.false_positive_rate)}",
        f"projects by base: {bases}",
    ]


def _registration(report: LineageReport) -> Markup:
    words = (
        f"Prompts, candidates, panel, level and method were fixed and hashed before the answers were read: SHA-256 "
        f"{report.registered}."
        if report.registered
        else "None. Whoever ran this could have chosen prompts, panel or candidates after a look at the result."
    )
    return tag("section", {"id": "registration"}, tag("h2", None, "Registration"), tag("p", {"class": "hash"}, words))
