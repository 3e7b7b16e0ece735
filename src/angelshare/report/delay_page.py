"""The page of a delay: one HTML file that loads nothing, runs nothing, and can be published as it is."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.delay import DelayReport
from angelshare.core.records import Manifest
from angelshare.report.delay_figures import delay_figures
from angelshare.report.delay_glossary import DELAY_GLOSSARY
from angelshare.report.delay_notes import collect_delay
from angelshare.report.delay_saved_tables import quantities_table
from angelshare.report.delay_tables import page_tables
from angelshare.report.delay_verdict import set_delay_verdict
from angelshare.report.delay_words import ACCESS, front, matchers, unmatched
from angelshare.report.markup import Markup, tag
from angelshare.report.notes import Notes
from angelshare.report.numbers import count, percent
from angelshare.report.sections import document, length, set_facts, set_figure, set_manifest, set_words
from angelshare.report.svg import Figure
from angelshare.report.table_html import set_table
from angelshare.report.words import instant, source_tree

_LIMITS = (
    "A release date is not the date a capability existed, on either side; models kept inside a laboratory are not "
    "seen. Scores are on these benchmarks, at unequal effort at test time, and equal scores are not equal models. A "
    "short delay does not show that anyone distilled, and months saved under assumptions do not show that anyone "
    "will. A number not stated is not a number near zero."
)

_RULES = """
.verdict .sentence{font-size:1.28rem;max-width:40em}
@media screen{#table-F tbody th{white-space:nowrap}}#table-F td.words{min-width:6rem}
.attributed{font-size:1.1rem;line-height:1.5;max-width:46em;margin:-.7rem 0 1.7rem}
.tables td.words,.tables tbody th{min-width:7.5rem}#table-F table,#table-E table{width:100%}#table-E td:last-child,
#table-F td:last-child,#table-I td{overflow-wrap:anywhere;min-width:9.5rem}
.tables .dense td.r,.tables .dense th.r{padding-right:1.1rem!important}
@media print{main{orphans:1;widows:1}figure .fig{max-height:195mm}
.tables .dense td.r,.tables .dense th.r{padding-right:2.6mm!important}
.attributed{font-size:10.5pt;margin:-3mm 0 3mm}.numbers li{padding:.22rem 0}.sentence{margin-bottom:4mm}
.numbers .value{font-size:1.3rem}.numbers .meaning{font-size:.78rem}.numbers svg{max-width:18rem}
.tables table{min-width:0!important;width:100%}
.tables td.words,.tables tbody th{min-width:0;overflow-wrap:anywhere}}
"""


def render_delay(report: DelayReport, *, manifest: Manifest | None = None) -> str:
    """Write the whole page as HTML that is also well-formed XML after its doctype.

    Args:
        report: the result.
        manifest: the run folder's manifest; without it the page names the inputs but no other hash.
    """
    notes = collect_delay(report)
    figures = delay_figures(report)
    main = tag(
        "main",
        None,
        set_delay_verdict(report, notes),
        *(set_figure(number, figure) for number, figure in enumerate(figures, 1)),
        _tables(report, notes),
        _again(report, manifest),
        set_words(DELAY_GLOSSARY),
    )
    return document("Delay of a closed lead", _header(report), _nav(figures), main, _footer(report), rules=_RULES)


def _header(report: DelayReport) -> Markup:
    delay = front(report)
    facts = [("Data as of", report.as_of), ("Benchmarks", count(len(report.benchmarks)))]
    if delay is not None:
        scale, waiting = delay.benchmark, len(unmatched(delay))
        described = ", ".join(part for part in (scale.area, ACCESS[scale.access], scale.unit) if part)
        facts += [
            ("Figures are about", f"{scale.name} ({described})"),
            ("Models on it", f"{count(delay.closed_models)} closed, {count(delay.open_models)} open"),
            (
                "Closed records on it",
                (
                    f"{count(len(delay.spells))}: {count(len(delay.spells) - waiting)} matched by "
                    f"{count(matchers(delay))} open releases, {count(waiting)} not yet"
                ),
            ),
        ]
    facts += [
        ("Left out", f"{count(report.unlabelled)} scores without a label of weights"),
        ("Intervals", f"{percent(report.level)}, {count(report.bootstraps)} resamples, seed {report.seed}"),
        ("Made", f"{instant(report.made_at)}; angelshare {report.version}, commit {source_tree(report.commit)}"),
    ]
    return tag(
        "header",
        None,
        tag("p", {"class": "kicker"}, "Containment or delay"),
        tag("h1", None, "How long does a closed lead last?"),
        set_facts(facts),
    )


def _nav(figures: Sequence[Figure]) -> Markup:
    places = [
        ("#verdict", "Verdict"),
        (f"#{figures[0].name}-head", f"Figures 1 to {len(figures)}"),
        ("#tables", "Tables A to I"),
        ("#table-F", "Assumptions"),
        ("#again", "Run it again"),
        ("#words", "Words"),
    ]
    return tag("nav", {"aria-label": "Contents"}, *(tag("a", {"href": to}, words) for to, words in places))


def _tables(report: DelayReport, notes: Notes) -> Markup:
    parts: list[Markup] = []
    for table in page_tables(report):
        parts.append(
            tag(
                "div",
                {"id": f"table-{table.letter}", "class": length(table)},
                set_table(table, notes, level=report.level),
            )
        )
        if table.name == "defences" and report.attributable is not None:
            following = quantities_table(report)
            parts.append(tag("div", {"class": "follow short"}, set_table(following, notes, level=report.level)))
    lead = f"Brackets hold {percent(report.level)} intervals. A small mark points to table H, where its reason stands."
    return tag(
        "section",
        {"class": "tables", "id": "tables"},
        tag("h2", None, "Tables"),
        tag("p", {"class": "lead"}, lead),
        *parts,
    )


def _again(report: DelayReport, manifest: Manifest | None) -> Markup:
    parts: list[Markup] = [
        tag("h2", None, "Run it again"),
        tag(
            "p",
            {"class": "lead"},
            "The same files, seed and version give the same numbers, whatever the order of the files. The hashes of "
            "the files stand in table I.",
        ),
        tag("pre", None, report.command),
    ]
    if manifest is not None:
        parts += set_manifest(manifest)
    return tag("section", {"class": "again", "id": "again"}, *parts)


def _footer(report: DelayReport) -> Markup:
    inner = tag(
        "div",
        None,
        tag("h2", {"class": "small sans"}, "What the numbers do not show"),
        tag("p", None, _LIMITS),
        tag("p", {"class": "small muted sans"}, f"Data as of {report.as_of}."),
    )
    return tag("footer", None, inner)
