"""The words of a detect report that page, case and terminal share."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.core.traffic import CaseFile, CaseVerdict, DetectReport, Lines
from angelshare.report.numbers import count, hundredths

NOTICE = "A match is not an accusation."
LIMITS = (
    f"{NOTICE} A case shows that accounts behave as one and that no honest workload of the operator’s own history "
    "explains it at the stated rate. It does not show who stands behind the accounts, whether a model was trained on "
    "what they received, or whether they had leave. People decide; the case file is what they decide on."
)
VERDICTS: Mapping[CaseVerdict, str] = {
    "campaign": "campaign",
    "look-alike": "look-alike",
    "insufficient evidence": "insufficient evidence",
}
WORDS = (
    ("campaign", "Accounts that collect a model’s answers together, so far as traffic can show it."),
    ("look-alike", "An honest workload that resembles a campaign: evaluation, batch job, gateway, new tenant."),
    ("false campaign", "A case decided as a campaign that is none."),
    ("e-value", "Evidence against every honest explanation; 1 is none, and its mean is at most 1 if honest."),
    ("quantile", "Share of comparable benign groups of the operator’s own history with a smaller value."),
    ("opens, decides", "Signals that open a case are not those that decide it: novelty alone never does."),
)  # fmt: skip


def e_value(value: float) -> str:
    """Print an e-value: two decimals when small, three digits when not."""
    if 0 < value < 0.01:  # noqa: PLR2004 - what two decimals cannot show
        return "< 0.01"
    return hundredths(value) if value < 10 else count(float(f"{value:.3g}"))  # noqa: PLR2004 - where decimals stop


def titled(case: CaseFile) -> str:
    """Give the heading of a case: "Case 001"."""
    return case.id.replace("-", " ").capitalize()


def span(case: CaseFile) -> str:
    """Say from when to when, by day."""
    first, last = case.first_at[:10], case.last_at[:10]
    return first if first == last else f"{first} to {last}"


def resembles(case: CaseFile) -> str:
    """Name the honest workload a case resembles, in words."""
    return (case.look_alike or "").replace("-", " ")


def lines_read(lines: Lines) -> str:
    """Say how many lines were read and how many were not."""
    return f"{count(lines.read)} read, {count(lines.skipped)} skipped, {count(lines.other)} not requests"


def requests_of(case: CaseFile) -> int:
    """Count the requests of a case's timeline."""
    return sum(day.requests for day in case.timeline)


def all_cases(report: DetectReport) -> list[CaseFile]:
    """List every case, campaigns first."""
    return [*report.campaigns, *report.look_alikes, *report.insufficient]
