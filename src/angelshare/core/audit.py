"""The nouns of an audit's result: one `Audit` is `report.json`, the page, the tables and what `--json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import ArmKind, Number, Price, RecoveryPoint, Refusal, Ring, ThreatModel

Axis: TypeAlias = Literal["queries", "tokens", "dollars", "flop"]
"""What a dose is counted in: queries, teacher tokens billed (in and out), US dollars, student training FLOP."""

ON_MEDIAN_ROW = "given on the median row"
WHOLE_RINGS_ONLY = "given for whole rings other than near"
NO_TEACHER_ARM = "not a teacher arm"
GIVEN_ELSEWHERE = (ON_MEDIAN_ROW, WHOLE_RINGS_ONLY, NO_TEACHER_ARM)
"""Reasons that only say where a number stands instead; nothing is missing from the data."""


@record
class Verdict:
    """The five numbers of the verdict box and one calibrated sentence."""

    recovery: Number
    """Recovery of the headline arm at its largest dose (M1)."""

    attributable_recovery: Number
    """The same minus the best no-teacher control at the same dose (M3)."""

    false_promise_index: Number
    """Style recovery minus recovery of the headline arm at its largest dose (M7)."""

    dose_to_50: Number
    """Queries to half of the gap (M11)."""

    uplift_over_open: Number
    """Recovery minus that from the best open teacher (M4)."""

    sentence: str
    """What the data say, in one sentence."""


@record
class Header:
    """What was audited, how, and under which assumptions."""

    question: str
    """What the audit was to find out."""

    task: str
    """The capability."""

    teacher: str
    """The closed model."""

    base: str
    """The open base."""

    student: str
    """The recipe."""

    headline_arm: ArmKind
    """The arm the verdict is about."""

    headline_budget: int
    """Its largest dose."""

    attributable: bool
    """False prints "raw, not attributable": a control was left out."""

    left_out: Sequence[ArmKind]
    """Controls that did not run."""

    threat: ThreatModel
    """Assumptions about the distiller."""

    authorisation: str
    """Who allowed the queries, or that every model is local."""

    seeds: int
    """Students per arm and dose."""

    level: float
    """Level of every interval."""

    made_at: str
    """Instant in UTC."""

    version: str
    """Version of angelshare."""

    commit: str
    """Commit of the source tree, "+dirty" if changed."""

    command: str
    """How to re-run it."""


@record
class Dot:
    """One student: where its seed landed. Drawn, never printed as a finding."""

    arm: ArmKind
    """What it learned from."""

    budget: int
    """Queries."""

    seed: int
    """Seed."""

    recovery: float
    """Its recovery."""


@record
class Family:
    """One dose-response family fitted to one curve."""

    name: Literal["hill", "stretched_exponential", "rectified_power"]
    """Which."""

    weight: float
    """AICc weight among the families."""

    ceiling: float
    """Fitted plateau R_max."""

    scale: float
    """Fitted dose scale K, in the axis's unit."""

    shape: float
    """Fitted exponent."""


@record
class Band:
    """The model-averaged curve with its interval on a grid of doses."""

    dose: Sequence[float]
    """Grid, ascending, from below the smallest to 10 x the largest dose."""

    centre: Sequence[float]
    """Median recovery."""

    low: Sequence[float]
    """Lower end."""

    high: Sequence[float]
    """Upper end."""


@record
class Target:
    """Dose to a share of the gap."""

    share: float
    """0.5 or 0.8."""

    dose: Number
    """In the curve's axis; a one-sided answer has `high` None."""


@record
class Curve:
    """A fitted dose-response curve of one arm on one axis."""

    arm: ArmKind
    """Which arm."""

    axis: Axis
    """Unit of the dose."""

    measure: Literal["recovery", "attributable"]
    """What is fitted."""

    largest_dose: float
    """Largest dose measured; beyond it the curve is dashed."""

    claim_limit: float
    """10 x the largest dose; beyond it nothing is claimed."""

    families: Sequence[Family]
    """Fitted families with weights."""

    band: Band | None
    """None when the fit was refused."""

    refused: str
    """Why there is no fit; empty if there is one."""

    targets: Sequence[Target]
    """Doses to 50 % and 80 %."""

    ceiling: Number
    """R_max (M12)."""

    ceiling_above_80: Number
    """Share of bootstrap fits whose R_max is at least 0.8; an Estimate whose interval is its Monte Carlo error."""

    per_decade: Number
    """Gain in recovery per tenfold dose, over the measured range (M10)."""

    area: Number
    """Mean recovery over log dose in the measured range (M10)."""

    held_out_error: Number
    """Observed minus predicted recovery at the largest dose, when it is left out of the fit."""


@record
class Step:
    """One bar of the attribution waterfall."""

    label: str
    """In words."""

    arm: ArmKind
    """Which arm's recovery."""

    recovery: Number
    """Recovery of that arm at the headline dose (gold at its own dose)."""


@record
class RingRow:
    """Coverage of one ring (M9)."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    ring: Ring
    """Which ring."""

    domain: str
    """Domain, or "all"."""

    recovery: Number
    """Recovery in the ring."""

    floor: Number
    """Accuracy of the base."""

    student: Number
    """Accuracy of the students."""

    teacher: Number
    """Accuracy of the teacher."""

    over_near: Number = Refusal(refused=WHOLE_RINGS_ONLY)
    """Recovery here over recovery in the near ring: how far the capability reaches."""


@record
class LedgerRow:
    """The item ledger (M2): recovery alone hides forgetting."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    domain: str
    """Domain, or "all"."""

    recovered: Number
    """Of items the teacher gets right and the base wrong: share the students get right."""

    lost: Number
    """Of items the base gets right: share the students get wrong."""

    beyond_teacher: Number
    """Of items teacher and base both get wrong: share the students get right."""


@record
class FidelityRow:
    """Agreement with the teacher (M5), kept apart from accuracy."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    accuracy: Number
    """Share of items right."""

    agreement: Number
    """Share of items with the teacher's answer."""

    chance_adjusted: Number
    """Kappa: agreement beyond what the accuracies alone would give (CAPA, Goel et al. 2025, arXiv 2502.04313)."""

    error_inheritance: Number
    """On items both get wrong: share with the teacher's own wrong answer."""

    error_inheritance_control: Number
    """The same for the no-teacher control."""

    distinguishing_advantage: Number
    """How well a held-out classifier tells student from teacher replies: 0 is chance, 1 always."""


@record
class LogitRow:
    """Recovery on two scales (M1): of accuracy, and of its logit, on which the last errors weigh more."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    recovery: Number
    """Share of the gap closed in accuracy."""

    on_logit: Number
    """Share of the gap closed in the logit of accuracy, with a half-item correction at 0 and 1."""


@record
class DivergenceRow:
    """Divergence from the teacher's distribution along its own replies to near items, in nats per token (M5)."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    kl: Number
    """KL(teacher || student) over the teacher's top alternatives and the rest as one: a lower bound."""

    kl_base: Number
    """The same for the untrained base, asked in the floor's way."""

    kl_closed: Number
    """1 - students' over base's: the share of the divergence that training closed; never clipped."""

    js: Number
    """Jensen-Shannon divergence of the same, from 0 to ln 2."""

    js_base: Number
    """The same for the untrained base."""

    js_closed: Number
    """The share of it that training closed."""


@record
class ExtractorRow:
    """How much of recovery hangs on how answers are read (M8)."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    strict: Number
    """Recovery under the strict extractor."""

    flexible: Number
    """Recovery under the flexible extractor."""

    confound: Number
    """Strict minus flexible."""


@record
class StyleRow:
    """Style recovery by feature (M6) and the false-promise index (M7)."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries."""

    feature: str
    """Feature, or "median"."""

    style: Number
    """Style recovery."""

    false_promise_index: Number
    """Style recovery minus recovery; given on the "median" rows."""


@record
class ArmRow:
    """Table A: one arm at one dose."""

    arm: ArmKind
    """Which arm."""

    budget: int
    """Queries asked for."""

    pairs: float
    """Pairs learned from, mean over seeds (gold runs out of public labels)."""

    seeds: int
    """Students."""

    undertrained: int
    """Students flagged by the convergence check."""

    tokens_billed: float
    """Teacher tokens billed, in and out, mean over seeds."""

    tokens_delivered: float
    """Completion tokens delivered, mean over seeds."""

    cost_usd: float | None
    """Dollars, mean over seeds; None without a price row."""

    training_flop: float
    """Student training FLOP, mean over seeds."""

    cpu_seconds: float
    """CPU time of training, mean over seeds."""

    accuracy: Number
    """Accuracy on the near ring."""

    recovery: Number
    """Recovery."""

    attributable: Number
    """Attributable recovery."""


@record
class ElicitationRow:
    """How the base was asked (the floor is the best way per domain, chosen on development items)."""

    domain: str
    """Domain."""

    way: str
    """zero_shot or few_shot."""

    accuracy: Number
    """On development items."""

    chosen: bool
    """Whether the floor uses it."""


@record
class LossRow:
    """A line of the loss statement (M14): what the student lost besides the target."""

    metric: str
    """calibration error, refusal rate, truncation rate, answer diversity, well-formed share…"""

    teacher: Number
    """Teacher."""

    base: Number
    """Base."""

    student: Number
    """Students of the headline arm at the largest dose."""


@record
class CostSheet:
    """What the audit itself spent."""

    teacher_calls: int
    """Queries answered by teachers."""

    tokens_in: int
    """Prompt tokens billed."""

    tokens_out: int
    """Completion tokens billed."""

    tokens_delivered: int
    """Completion tokens delivered."""

    usage_estimated: int
    """Calls whose token counts are our estimate."""

    refused: int
    """Calls refused by the model."""

    truncated: int
    """Calls cut at the length limit."""

    cost_usd: float | None
    """Spend; None without price rows."""

    training_flop: float
    """All students."""

    training_cpu_seconds: float
    """All students."""

    evaluation_replies: int
    """Replies scored."""

    prices: Sequence[Price]
    """Price rows used, dated and sourced."""


@record
class Audit:
    """The result of `angelshare measure`; field order is the order of the report."""

    plan: str
    """Name of the plan."""

    run: str
    """Run folder."""

    verdict: Verdict
    """The verdict box."""

    points: Sequence[RecoveryPoint]
    """One per arm and dose."""

    header: Header
    """What was audited."""

    would_change: Sequence[str]
    """What would change the verdict."""

    dots: Sequence[Dot]
    """One per student."""

    curves: Sequence[Curve]
    """Fits, by arm and axis."""

    waterfall: Sequence[Step]
    """Attribution."""

    rings: Sequence[RingRow]
    """Coverage."""

    item_ledger: Sequence[LedgerRow]
    """Recovered, lost, beyond teacher."""

    styles: Sequence[StyleRow]
    """Style recovery by feature."""

    fidelity: Sequence[FidelityRow]
    """Agreement."""

    divergences: Sequence[DivergenceRow] = ()
    """Divergence from the teacher's distribution; empty in reports made before it was measured."""

    extractors: Sequence[ExtractorRow]
    """Strict against flexible."""

    logit_recovery: Sequence[LogitRow] = ()
    """Recovery on the logit scale; empty in reports made before it was measured."""

    arms: Sequence[ArmRow]
    """Table A."""

    elicitation: Sequence[ElicitationRow]
    """How the base was asked."""

    losses: Sequence[LossRow]
    """Loss statement."""

    long_prompts: Sequence[LossRow] = ()
    """Lines of the loss statement about prompts long for the task; empty in reports made before they were measured."""

    costs: CostSheet
    """What the audit spent."""

    deviations: Sequence[str]
    """Departures from the plan, undertrained cells included."""

    limits: Sequence[str]
    """What a distiller could do that was not tried."""
