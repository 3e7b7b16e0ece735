"""The page of a watermark test: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from angelshare.core.marks import WatermarkReport
from angelshare.core.records import Estimate
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes
from angelshare.report.numbers import parts
from angelshare.report.sections import document, length, set_facts, set_figure, set_words
from angelshare.report.table_html import listed, set_table
from angelshare.report.watermark_figure import p_value_figure
from angelshare.report.watermark_tables import evidence_table
from angelshare.report.words import instant

_WORDS = (
    ("mark", "A statistical trace that a generator leaves in its choice of tokens by means of a secret key."),
    ("scored draw", "A pseudo-random input of the key seen for the first time; repeats are not counted."),
    ("exact p", "Probability of a statistic at least this large if there is no mark: binomial or gamma tail."),
    ("decoy keys", "Keys drawn like the real one, counted on the same text: a null that needs no assumption."),
    ("fingerprint", "A name of the key made from it by a slow hash; it does not reveal the key."),
)  # fmt: skip
_LIMITS = (
    "A mark shows that text was made under this key, or that such text was in the training mix of what wrote it. It "
    "does not show who made or used the text, when, whether they were licensed, or how much of it there was: marks can "
    "be copied by a third party, and forged by whoever learnt the key's choices. That no mark is shown does not show "
    "that there was none."
)


def watermark_page(report: WatermarkReport, *, command: str) -> str:
    """Write the whole page; `command` names files only."""
    table = evidence_table(report)
    tests = tag("div", {"class": length(table)}, set_table(table, Notes(refusals=[], cautions=[]), level=0.95))
    main = tag(
        "main", None, _verdict(report), set_figure(1, p_value_figure(report)),
        tag("section", {"class": "tables", "id": "tables"}, tag("h2", None, "Tests"), tests),
        tag("section", {"id": "cautions"}, tag("h2", None, "What to bear in mind"), listed(list(report.cautions))),
        tag("section", {"class": "again", "id": "again"}, tag("h2", None, "How to run it again"),
            tag("p", {"class": "lead"}, "The same files, keys, options and version give the same numbers."),
            tag("pre", None, command)),
        set_words(_WORDS),
    )  # fmt: skip
    footer = tag("footer", None, tag("div", None, tag("h2", {"class": "small sans"}, "What the numbers do not show"),
                                     tag("p", None, _LIMITS)))  # fmt: skip
    return document("Watermark test", _header(report), main, footer)


def _header(report: WatermarkReport) -> Markup:
    facts = [
        ("Read", report.subject),
        ("SHA-256 of it", f"{report.subject_sha256[:16]}…"),
        ("Key, by fingerprint", report.key_fingerprint),
        ("Access", report.mode),
        ("Level", f"{report.level:g}, fixed beforehand"),
        ("Made", f"{instant(report.made_at)}; angelshare {report.version}"),
    ]
    return tag(
        "header", None, tag("p", {"class": "kicker"}, "Watermark"),
        tag("h1", None, "Is the mark of this key here?"), set_facts(facts),
    )  # fmt: skip


def _verdict(report: WatermarkReport) -> Markup:
    printed = parts(report.needed)
    about = report.needed.method if isinstance(report.needed, Estimate) else ""
    needed = tag(
        "li", {"class": "refused"} if not about else None, tag("span", {"class": "name sans"}, "Tokens needed"),
        tag("span", {"class": "sans"}, tag("span", {"class": "value"}, printed.value),
            tag("span", {"class": "interval"}, "" if about else printed.interval)),
        tag("span", {"class": "meaning sans"}, about or "Why this cannot be said beforehand."),
    )  # fmt: skip
    return tag(
        "section", {"class": "verdict", "id": "verdict"}, tag("h2", {"class": "sans"}, report.verdict.capitalize()),
        tag("p", {"class": "sentence"}, report.sentence), tag("ul", {"class": "numbers"}, needed),
    )  # fmt: skip
