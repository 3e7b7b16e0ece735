"""A detect report made by hand: two campaigns, a look-alike, a case the data cannot decide."""

from __future__ import annotations

import dataclasses

from angelshare.core.records import Estimate
from angelshare.core.traffic import (
    BadLine,
    CaseFile,
    DetectReport,
    FalseCampaigns,
    Lines,
    Member,
    NaiveRule,
    Planted,
    Sensitivity,
    Shape,
    SignalEvidence,
    StatuteHeading,
    Tie,
)
from angelshare.detect.coverage import coverage

EXPECTED = Estimate(
    value=0.12, low=0.0, high=0.61, level=0.95, n=40, method="false campaigns of held-back benign periods, Poisson"
)
SIGNALS = [
    ("template-sharing", 0.41, "share of requests in shared skeletons", 0.9996, 4e-4, 310.0, "decides"),
    ("synchrony", 0.22, "excess share of shared ten-minute bins", 0.998, 2e-3, 95.0, "opens"),
    ("reasoning-elicitation", 0.64, "share of requests", 0.97, 0.03, 6.1, "decides"),
    ("sustained-24-7", 0.88, "entropy of the hour of week", 0.71, 0.29, 1.0, "context"),
]


def case(name: str = "c1", *, verdict: str = "campaign", members: int = 12, look_alike: str | None = None) -> CaseFile:
    """Make one case; its accounts are NAME-acct-0 and so on."""
    days = ["2026-03-12", "2026-03-13", "2026-03-14", "2026-03-15"]
    return CaseFile(
        id=name, verdict=verdict, look_alike=look_alike,
        hypothesis=f"{members} accounts would be collecting reasoning answers under one operator.",
        sentence=f"{members} accounts share prompts and clock more than any benign group seen (e-value 1,900).",
        members=[
            Member(
                account=f"{name}-acct-{index}", probability=0.99 - 0.02 * index, requests=40 - index,
                first_at=f"2026-03-12T0{index % 10}:10:00+00:00", last_at="2026-03-15T21:40:00+00:00",
            )
            for index in range(members)
        ],
        evidence=[
            SignalEvidence(
                signal=signal, observed=seen, unit=unit, cohort_quantile=quantile, p_value=p, e_value=e, n=2431,
                innocent_twin="A viral template; ruled out: no benign account has these skeletons.", role=role,
            )
            for signal, seen, unit, quantile, p, e, role in SIGNALS
        ],
        e_value=1900.0, expected_false=EXPECTED,
        timeline=[Shape(day=day, requests=90 + 20 * i, accounts=members - i) for i, day in enumerate(days)],
        first_at="2026-03-12T00:10:00+00:00", last_at="2026-03-15T21:40:00+00:00",
        models={"large-2": 400, "small-1": 62}, capabilities={"reasoning": 0.61, "coding": 0.3, "chat": 0.09},
        harvested_tokens=812_345, replacement_cost_usd=None,
        sensitivity=[
            Sensitivity(without="template-sharing", verdict="insufficient evidence", e_value=6.1),
            Sensitivity(without="reasoning-elicitation", verdict=verdict, e_value=310.0),
        ],
        statute=[
            StatuteHeading(
                heading="(i) volume, structure, pattern, coordination, timing",
                findings=["Synchrony 0.22 above chance."], unknown="Who wrote the schedule.",
            ),
            StatuteHeading(
                heading="(iv) correlation with another model's development", findings=[],
                unknown="Traffic does not show what the answers were used for.",
            ),
        ],
        metadata={"principals": ", ".join(f"{name}-acct-{index}" for index in range(members)), "volume": "462 requests"},
        alternatives=["An agency that runs one client's prompts from many seats."],
        unknowns=["Who stands behind the accounts.", "Whether any model was trained."],
        ties=[Tie(kind="skeleton", members=list(range(members)), outside=0),
              Tie(kind="payment", members=[0, 1, 2], outside=1)],
    )  # fmt: skip


def report() -> DetectReport:
    """Make the whole report."""
    return DetectReport(
        campaigns=[case("c1"), case("c2", members=30)],
        look_alikes=[case("c3", verdict="look-alike", look_alike="nightly-evaluation", members=8)],
        insufficient=[case("c4", verdict="insufficient evidence", members=5)],
        calibration=FalseCampaigns(
            budget="1 false campaign / 30d", realised=dataclasses.replace(EXPECTED, value=0.4, high=0.9),
            benign_accounts=21_000, benign_days=28, attainable="1 false campaign / 21d",
        ),
        lines=Lines(read=120_000, skipped=3, reasons={"not JSON": 2, "no account": 1},
                    samples=[BadLine(file="a.jsonl", line=17, reason="not JSON", sample='{"ts": ')]),
        coverage=coverage(text=True),
        naive=[NaiveRule(rule="more than 100 requests in an hour", banned=31, banned_honest=["nightly-evaluation"],
                         missed=42)],
        detectors_off=["failover-on-block: the logs have no status"],
        accounts=6310, days=4, period="2026-03-12 to 2026-03-15", text=True, engine="duckdb",
        sentence="2 groups of accounts are campaigns at no more than 1 false campaign in 30 days.",
        made_at="2026-03-16T01:00:00+00:00", version="0.0.0",
        planted=[Planted(name="hydra", honest=False, accounts=12, in_campaigns=12, largest_share=1.0),
                 Planted(name="nightly-evaluation", honest=True, accounts=24, in_campaigns=0, largest_share=0.0)],
        cautions=["The benign history has 28 days."],
    )  # fmt: skip
