"""A detect report in a terminal: what is off, the sentence, and one row per case."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from angelshare.core.traffic import CaseFile, DetectReport
from angelshare.report.detect_words import NOTICE, all_cases, e_value, lines_read, resembles, span
from angelshare.report.markup import printable
from angelshare.report.numbers import count, phrase

_WIDTH = 80
_MOST = 20


def detect_summary(report: DetectReport) -> RenderableType:
    """Draw the report 80 columns wide, readable without colour."""
    cases = all_cases(report)
    table = Table(box=SIMPLE_HEAD, width=_WIDTH, pad_edge=False)
    for head, width in (("Case", 12), ("Verdict", 24), ("Accounts", 8), ("Days", 12), ("E-value", 12)):
        table.add_column(head, overflow="fold", width=width)
    for case in cases[:_MOST]:
        table.add_row(*_cells(case), style="" if case.verdict == "campaign" else "dim")
    off = [Text(f"OFF: {printable(words)}", style="bold") for words in report.detectors_off]
    rules = [
        Text(printable(
            f"A rule of {rule.rule} bans {count(rule.banned)} accounts"
            + (f", among them {', '.join(rule.banned_honest)}" if rule.banned_honest else "")
            + f", and misses {count(rule.missed)} of these campaigns."
        ), style="dim")
        for rule in report.naive
    ]  # fmt: skip
    realised = Text(printable(
        f"False campaigns a period: {phrase(report.calibration.realised)}; budget {report.calibration.budget}; "
        f"attainable {report.calibration.attainable}."
    ))  # fmt: skip
    read = Text(printable(f"Lines: {lines_read(report.lines)}."))
    more = [Text(f"{len(cases) - _MOST} more cases stand in the report.", style="dim")] * (len(cases) > _MOST)
    truth = [
        Text(printable(
            f"Truth file: {one.name}: {count(one.in_campaigns)} of {count(one.accounts)} accounts in campaigns."
        ))
        for one in report.planted
        if not one.honest or one.in_campaigns
    ]  # fmt: skip
    notes = [Text(printable(caution), style="dim") for caution in report.cautions]
    return Group(
        *off, Text(printable(report.sentence)), table, *more, realised, read, *rules, *truth, *notes, Text(NOTICE)
    )


def _cells(case: CaseFile) -> list[Text]:
    verdict = f"{case.verdict}: {resembles(case)}" if case.look_alike else case.verdict
    return [Text(printable(words)) for words in (
        case.id, verdict, count(len(case.members)), span(case).replace(" to ", "\n"), e_value(case.e_value)
    )]  # fmt: skip
