"""Tables of a detect report and of a case."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from angelshare.core.traffic import CaseFile, DetectReport
from angelshare.report.detect_words import all_cases, e_value, requests_of, resembles, span
from angelshare.report.numbers import count, hundredths, percent
from angelshare.report.table import Column, Table


def cases_table(report: DetectReport) -> Table:
    """List every case with its verdict."""
    return Table(
        name="cases", letter="A", title="Cases",
        note="Every group that was looked at closely. E-value: evidence against every honest explanation; expected "
        "false: false campaigns per period at this score on the operator’s own benign history.",
        columns=[
            Column(key="case", head="Case"), Column(key="verdict", head="Verdict"),
            Column(key="resembles", head="Resembles"), Column(key="members", head="Accounts", kind="count"),
            Column(key="requests", head="Requests", kind="count"),
            Column(key="harvested_tokens", head="Output tokens", kind="count"),
            Column(key="span", head="Days"), Column(key="e_value", head="E-value"),
            Column(key="expected_false", head="Expected false", kind="number"),
        ],
        rows=[
            [case.id, case.verdict, resembles(case), len(case.members), requests_of(case), case.harvested_tokens,
             span(case), e_value(case.e_value), case.expected_false]
            for case in all_cases(report)
        ],
    )  # fmt: skip


def evidence_table(case: CaseFile) -> Table:
    """List what each signal says about a case."""
    return Table(
        name=f"evidence_{case.id}", letter="", title="Evidence",
        note="Observed value against comparable benign groups; the innocent twin is the honest explanation tried.",
        columns=[
            Column(key="signal", head="Signal"), Column(key="role", head="Role"),
            Column(key="observed", head="Observed"), Column(key="quantile", head="Quantile"),
            Column(key="p_value", head="p"), Column(key="e_value", head="E-value"),
            Column(key="n", head="n", kind="count"), Column(key="innocent_twin", head="Innocent twin"),
        ],
        rows=[
            [item.signal, item.role, f"{count(float(f'{item.observed:.3g}'))} {item.unit}",
             percent(item.cohort_quantile), f"{item.p_value:.2g}", e_value(item.e_value), item.n, item.innocent_twin]
            for item in case.evidence
        ],
    )  # fmt: skip


def members_table(case: CaseFile) -> Table:
    """List the accounts of a case, for the operator's eyes."""
    return Table(
        name=f"members_{case.id}", letter="", title="Accounts",
        note="Probability of belonging to the group, calibrated; the most probable first.",
        columns=[
            Column(key="account", head="Account"), Column(key="probability", head="Probability"),
            Column(key="requests", head="Requests", kind="count"), Column(key="first_at", head="First request"),
            Column(key="last_at", head="Last request"),
        ],
        rows=[
            [member.account, hundredths(member.probability), member.requests, member.first_at[:16], member.last_at[:16]]
            for member in case.members
        ],
    )  # fmt: skip


def sensitivity_table(case: CaseFile) -> Table:
    """Say what the case would be without each signal."""
    return Table(
        name=f"sensitivity_{case.id}", letter="", title="Without one signal",
        note="The verdict if a signal had not been looked at.",
        columns=[Column(key="without", head="Without"), Column(key="verdict", head="Verdict"),
                 Column(key="e_value", head="E-value")],
        rows=[[row.without, row.verdict, e_value(row.e_value)] for row in case.sensitivity],
    )  # fmt: skip


def statute_table(case: CaseFile) -> Table:
    """File the findings under the headings of the bill."""
    return Table(
        name=f"headings_{case.id}", letter="", title="Under the headings of H.R. 8283 section 3(11)",
        note="The bill infers purpose from the totality of circumstances; what traffic cannot say stands beside.",
        columns=[Column(key="heading", head="Heading"), Column(key="findings", head="Measured"),
                 Column(key="unknown", head="Not shown by traffic")],
        rows=[[row.heading, " ".join(row.findings) or "nothing measured", row.unknown] for row in case.statute],
    )  # fmt: skip


def metadata_table(case: CaseFile) -> Table:
    """Give the fields that OWASP AISVS 11.5.2 asks for."""
    return Table(
        name=f"metadata_{case.id}", letter="", title="Query metadata (OWASP AISVS 11.5.2)",
        note="Principals, volume and input distribution of the queries in question.",
        columns=[Column(key="field", head="Field"), Column(key="value", head="Value")],
        rows=[[name, words] for name, words in case.metadata.items()],
    )  # fmt: skip


def coverage_table(report: DetectReport) -> Table:
    """Set which family of detectors sees which route."""
    by_detector: dict[str, dict[str, str]] = {row.detector: {} for row in report.coverage}
    routes: list[str] = []
    for row in report.coverage:
        routes += [row.route] * (row.route not in routes)
        by_detector[row.detector][row.route] = f"{row.sees.capitalize()}. {row.why}"
    return Table(
        name="coverage", letter="C", title="Which detector sees which route",
        note="The three routes by which answers are publicly reported to leave. Bought transcripts are invisible in "
        "traffic, whatever the detector: only tests of the student can show them.",
        columns=[Column(key="detector", head="Detector"), *(Column(key=route, head=route) for route in routes)],
        rows=[[detector, *(cells.get(route, "") for route in routes)] for detector, cells in by_detector.items()],
    )  # fmt: skip


def naive_table(report: DetectReport) -> Table:
    """Set what per-account rules would have done."""
    return Table(
        name="naive", letter="D", title="What per-account rules would have done",
        note="Rules as published gateways have them, on the same traffic. Honest workloads are named where the "
        "allow-list or a truth file names them.",
        columns=[
            Column(key="rule", head="Rule"), Column(key="banned", head="Accounts banned", kind="count"),
            Column(key="honest", head="Honest workloads among them"),
            Column(key="missed", head="Accounts of our campaigns not seen", kind="count"),
        ],
        rows=[[rule.rule, rule.banned, ", ".join(rule.banned_honest) or "none known", rule.missed]
              for rule in report.naive],
    )  # fmt: skip


def planted_table(report: DetectReport) -> Table:
    """Hold the verdicts against a truth file."""
    return Table(
        name="planted", letter="E", title="Against the truth file",
        note="The detector never saw it. Largest share: of its accounts in one case decided as a campaign.",
        columns=[
            Column(key="name", head="Group"), Column(key="is", head="Is"),
            Column(key="accounts", head="Accounts", kind="count"),
            Column(key="in_campaigns", head="In campaigns", kind="count"), Column(key="share", head="Largest share"),
        ],
        rows=[
            [one.name, "honest" if one.honest else "campaign", one.accounts, one.in_campaigns,
             hundredths(one.largest_share)]
            for one in report.planted
        ],
    )  # fmt: skip


def lines_table(report: DetectReport) -> Table:
    """Count the lines that were not read, by reason."""
    places = {
        reason: ", ".join(f"{line.file}:{line.line}" for line in found)
        for reason, found in groupby(
            sorted(report.lines.samples, key=lambda line: line.reason), lambda line: line.reason
        )
    }
    return Table(
        name="lines", letter="F", title="Lines that were skipped",
        note="Nothing is dropped silently: each reason with its count and a few places.",
        columns=[Column(key="reason", head="Reason"), Column(key="lines", head="Lines", kind="count"),
                 Column(key="places", head="Such as")],
        rows=[[reason, n, places.get(reason, "")] for reason, n in sorted(report.lines.reasons.items())],
    )  # fmt: skip


def detect_tables(report: DetectReport) -> Sequence[Table]:
    """List the tables that a run folder keeps as CSV; none of them names an account."""
    always = [cases_table(report), coverage_table(report), naive_table(report), lines_table(report)]
    return [*always, planted_table(report)] if report.planted else always
