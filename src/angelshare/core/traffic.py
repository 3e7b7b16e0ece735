"""The nouns of traffic: what a campaign looks like, what else could look like it, and how sure a verdict is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Number

CaseVerdict: TypeAlias = Literal["campaign", "look-alike", "insufficient evidence"]
"""What a case came to; a match is not an accusation."""

Signal: TypeAlias = Literal[
    "sustained-24-7", "no-ramp", "one-credential-many-places", "subscription-to-usage", "aggregator-routing",
    "metadata-stripping", "reasoning-elicitation", "failover-on-block", "day-one-retarget", "countermeasure-harness",
    "template-sharing", "synchrony", "hand-over", "shared-infrastructure", "novel-cluster", "capability-focus",
    "harvest-shape", "new-accounts-together",
]  # fmt: skip
"""Named signals: the ten indicators of AA26-251A first, then those that link accounts."""

LookAlike: TypeAlias = Literal[
    "nightly-evaluation", "synthetic-data", "ci-agents", "rag-backfill", "failover-router", "drift-monitor",
    "shared-team-key", "gateway", "release-day-benchmark", "reasoning-audit", "human-support", "new-tenant",
    "red-team", "batch-classifier",
]  # fmt: skip
"""Honest workloads that look like a campaign."""

ShareMarking: TypeAlias = Literal["TLP:RED", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:GREEN"]
"""Traffic Light Protocol 2.0 marking of what is shared."""


@record
class BadLine:
    """A log line that could not be read."""

    file: str
    """Name of the file."""

    line: int
    """Line, counted from one; the element of a JSON array on one line, the row of a Parquet file."""

    reason: str
    """Why."""

    sample: str
    """Its shape: first characters with letters as a and digits as 9, so that no text of a prompt is in it."""


@record
class Lines:
    """What was read and what was not."""

    read: int
    """Lines or rows that became requests."""

    skipped: int
    """Lines or rows that did not."""

    reasons: Mapping[str, int]
    """Skipped lines by reason."""

    samples: Sequence[BadLine]
    """A few of them, with their place."""

    other: int = 0
    """Records that are sound but no requests to a model: spans of other work, access lines of other paths."""


@record
class SignalEvidence:
    """What one signal says about a group of accounts."""

    signal: Signal
    """Which."""

    observed: float
    """Value for the group, in `unit`."""

    unit: str
    """Unit of `observed`."""

    cohort_quantile: float
    """Share of comparable benign groups with a smaller value."""

    p_value: float
    """Probability of a value at least this extreme among benign groups."""

    e_value: float
    """Evidence against the benign explanation, multiplied over independent sources; 1 is none."""

    n: int
    """Benign groups or accounts behind the quantile."""

    innocent_twin: str
    """Benign explanation tried and what the data say of it."""

    role: Literal["opens", "decides", "context"]
    """Whether it opens a case, decides it, or only describes."""


@record
class Member:
    """An account of a case."""

    account: str
    """Account id as the log has it; never shared with another provider."""

    probability: float
    """Probability of belonging to the group by the mixture of docs/detection.md; its calibration is not tested."""

    requests: int
    """Requests in the case's period."""

    first_at: str
    """First request, instant in UTC."""

    last_at: str
    """Last request, instant in UTC."""


@record
class Sensitivity:
    """What the case would be without one signal."""

    without: Signal
    """The signal left out."""

    verdict: CaseVerdict
    """The verdict without it."""

    e_value: float
    """The combined e-value without it."""


@record
class StatuteHeading:
    """One heading of H.R. 8283 section 3(11), and what the data say under it."""

    heading: str
    """Which factor, in the bill's order."""

    findings: Sequence[str]
    """Measured findings filed under it; empty when nothing was measured."""

    unknown: str
    """What the traffic cannot say about it."""


@record
class Tie:
    """A value that several members of a case share, by kind; the value itself is not kept."""

    kind: str
    """What is shared: skeleton, ip_prefix, payment, ..."""

    members: Sequence[int]
    """Which members have it, as places in `CaseFile.members`, counted from 0."""

    outside: int
    """Accounts outside the case that have it in the same period."""


@record
class Review:
    """A decision of a person about a case."""

    at: str
    """Instant in UTC."""

    by: str
    """Who decided."""

    decision: Literal["confirm", "dismiss", "watch"]
    """What was decided."""

    reason: str
    """Why."""


@record
class Shape:
    """Requests per day of a case, for its timeline."""

    day: str
    """ISO date."""

    requests: int
    """Requests of its members."""

    accounts: int
    """Members active."""


@record
class CaseFile:
    """Everything a reviewer needs to stand behind, or turn down, one case."""

    id: str
    """Unique in its run."""

    verdict: CaseVerdict
    """What the data say."""

    look_alike: LookAlike | None
    """Which honest workload it resembles most, if the verdict is "look-alike"."""

    hypothesis: str
    """What the group would be doing, in one sentence."""

    sentence: str
    """What the data say, in one sentence, with its error rate."""

    members: Sequence[Member]
    """Accounts, the most probable first."""

    evidence: Sequence[SignalEvidence]
    """One per signal, strongest first."""

    e_value: float
    """Combined evidence of the deciding signals against every innocent twin."""

    expected_false: Number
    """False campaigns expected per period at this score, on the operator's own benign history."""

    timeline: Sequence[Shape]
    """Requests per day."""

    first_at: str
    """First request."""

    last_at: str
    """Last request."""

    models: Mapping[str, int]
    """Requests by model asked."""

    capabilities: Mapping[str, float]
    """Share of requests by capability class; empty without text features."""

    harvested_tokens: int
    """Output tokens delivered to the members in the period."""

    replacement_cost_usd: float | None
    """What those tokens would cost at the price given; None without a price."""

    sensitivity: Sequence[Sensitivity]
    """The verdict without each signal."""

    statute: Sequence[StatuteHeading]
    """Findings under the headings of H.R. 8283 section 3(11)."""

    metadata: Mapping[str, str]
    """OWASP AISVS 11.5.2: principals, volume and input-distribution statistics of the offending queries."""

    alternatives: Sequence[str]
    """Honest explanations that remain."""

    unknowns: Sequence[str]
    """What the traffic cannot show."""

    ties: Sequence[Tie] = ()
    """Values that most members share, the most widely shared first."""

    reviews: Sequence[Review] = ()
    """Decisions of people, in order."""


@record
class RouteCoverage:
    """Which detector can see which route of extraction."""

    route: Literal["fake accounts", "re-routed real users", "bought transcripts"]
    """How answers leave."""

    detector: str
    """Verb or signal family."""

    sees: Literal["yes", "in part", "no"]
    """Whether it can."""

    why: str
    """In words, with what to use instead."""


@record
class FalseCampaigns:
    """The calibration of a run."""

    budget: str
    """The budget asked for, such as `1 false campaign / 30d`."""

    realised: Number
    """False campaigns per period on held-back benign history."""

    benign_accounts: int
    """Independent benign accounts behind it."""

    benign_days: int
    """Days of benign history."""

    attainable: str
    """The smallest budget this history can hold, in words, or how many days would be needed."""


@record
class NaiveRule:
    """What a per-key rule would have done on the same traffic, for comparison."""

    rule: str
    """The rule in words."""

    banned: int
    """Accounts it bans."""

    banned_honest: Sequence[str]
    """Known honest workloads among them, where the allow-list or a truth file names them."""

    missed: int
    """Accounts in our campaigns it does not see."""


@record
class Planted:
    """What became of a group that a truth file names; the detector never sees such a file."""

    name: str
    """Campaign, or honest workload, as the truth file has it."""

    honest: bool
    """Whether it is an honest workload."""

    accounts: int
    """Accounts of it that asked in the period."""

    in_campaigns: int
    """Of these, members of cases decided as campaigns."""

    largest_share: float
    """Largest share of its accounts in one case decided as a campaign."""


@record
class DetectReport:
    """What `angelshare detect` found: `report.json`, the page, and what `--json` prints."""

    campaigns: Sequence[CaseFile]
    """Cases decided as campaigns."""

    look_alikes: Sequence[CaseFile]
    """Cases explained by an honest workload."""

    insufficient: Sequence[CaseFile]
    """Cases the data cannot decide."""

    calibration: FalseCampaigns
    """How the budget was held."""

    lines: Lines
    """What was read."""

    coverage: Sequence[RouteCoverage]
    """Route by detector."""

    naive: Sequence[NaiveRule]
    """Per-key rules beside it."""

    detectors_off: Sequence[str]
    """Signals that could not run on these logs, and why: said loudly."""

    accounts: int
    """Accounts seen."""

    days: int
    """Days seen."""

    period: str
    """First and last day."""

    text: bool
    """Whether features of prompts were available."""

    engine: str
    """What ran the tables."""

    sentence: str
    """What the data say, in one sentence."""

    made_at: str
    """Instant in UTC."""

    version: str
    """Version of angelshare."""

    planted: Sequence[Planted] = ()
    """Against a truth file, where one was given: a simulated or labelled provider."""

    cautions: Sequence[str] = ()
    """What to bear in mind."""
