"""The nouns of the defence lab: a matrix of defences by students, and what `angelshare defend` reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, TypeAlias

from angelshare.core.audit import CostSheet
from angelshare.core.marks import MarkEvidence
from angelshare.core.record import record
from angelshare.core.records import (
    Authorisation,
    CellResult,
    Extractor,
    Limits,
    Number,
    Price,
    ThreatModel,
    Use,
)

Finding: TypeAlias = Literal["no effect shown", "raises cost", "contains under the stated budget", "cannot tell"]
"""The only words for what a defence does; none of them is "prevents"."""

UNDEFENDED = "this is the undefended teacher, from which others are measured"
CONTROL = "this is a control, or a student whom no control taught"
GIVEN_ELSEWHERE = (UNDEFENDED, CONTROL)
"""Reasons that only say that a number has no place here; nothing is missing from the data."""


# --- what is asked: the matrix file -------------------------------------------------------------


@record
class DefencePlan:
    """A row of the matrix: what stands between the teacher and who queries it."""

    name: str
    """What tables call it; "none" is always there and is not listed."""

    use: str
    """An installed defence, or `package.module:attr`."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Passed by name to the defence, which checks them strictly."""

    control: bool = False
    """True for a teacher made worse without a defence (a temperature): what others are held against at equal loss."""


@record
class StudentPlan:
    """A column of the matrix: who distils, from which base, by which tactic."""

    name: str
    """What tables call it."""

    tactic: str = "passive"
    """How it makes lessons of the teacher's replies; see the page of the lab."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of the tactic."""

    base: Use | None = None
    """The open base it starts from as it answers before training; the matrix's if not given."""

    recipe: Use | None = None
    """How it is trained, with that base in its options; the matrix's if not given."""


@record
class Matrix:
    """One run of the defence lab: an audit with a defence axis and a student axis."""

    name: str
    """Short name; the run folder begins with it."""

    question: str
    """What the lab is to find out, in one sentence."""

    task: Use
    """The capability that is defended."""

    teacher: Use
    """The closed model, undefended."""

    base: Use
    """The open base as it answers before training: the floor."""

    recipe: Use
    """The recipe that trains students, with the open base they start from in its options."""

    defence: Sequence[DefencePlan]
    """Rows of the matrix, besides "none"."""

    student: Sequence[StudentPlan]
    """Columns of the matrix; the first is passive, the measure of every other."""

    budgets: Sequence[int]
    """Doses: queries put to each defended teacher."""

    seeds: Sequence[int]
    """One student per seed, defence, column and dose; at least two, since defences are compared seed by seed."""

    threat: ThreatModel
    """What the distiller is assumed to have; it stands under every figure."""

    curve_budgets: Sequence[int] = ()
    """Further doses of the undefended teacher: with at least four in all a break-even multiplier can be given."""

    second_teacher: Use | None = None
    """Another source that the `two-teachers` tactic queries too."""

    extractor: Extractor = "flexible"
    """How answers are read."""

    items: int = 100
    """Test items per domain."""

    public_labels: Mapping[str, int] = field(default_factory=dict)
    """Reference answers per domain that anyone has; `default` for domains not named."""

    elicitation: Sequence[Literal["zero_shot", "few_shot"]] = ("zero_shot", "few_shot")
    """Ways of asking a base; the best per domain on development items is its floor."""

    regression_items: int = 200
    """Items of the regression suite of a customer who watches for a silent downgrade."""

    decoys: int = 199
    """Decoy keys drawn beside each watermark key."""

    level: float = 0.95
    """Level of every interval."""

    threshold: float | None = None
    """Recovery of a defence's worst-case student whose lower bound above this makes the exit code 1."""

    contained_below: float = 0.2
    """A defence contains if the upper bound of its worst-case student's recovery is below this."""

    authorisation: Authorisation | None = None
    """Needed as soon as any model is remote."""

    prices: Sequence[Price] = ()
    """Dated price rows."""

    limits: Limits = Limits()
    """Hard caps."""


# --- what a run keeps ---------------------------------------------------------------------------


@record
class TacticCost:
    """What a tactic cost its student besides the training on its lessons."""

    training_flop: float = 0.0
    """Training of helpers, 6 x parameters x tokens."""

    sampled_tokens: int = 0
    """Tokens that helpers wrote or read."""

    pairs_in: int = 0
    """Pairs that the teacher's replies gave."""

    pairs_out: int = 0
    """Pairs that were learned from in the end, all stages together."""


@record
class DefendedStudent:
    """What one student of one defended teacher measured; one file each, never redone."""

    defence: str
    """Name of the defence."""

    student: str
    """Name of the column."""

    result: CellResult
    """Scores on the test items, and what training took."""

    cost: TacticCost
    """What the tactic took besides."""


@record
class TeacherTiming:
    """How long a defended teacher took; wall time is kept because it cannot be computed again."""

    seconds_per_token: Sequence[float]
    """Per batch of queries: wall seconds over tokens written, batches in turn with the undefended teacher."""

    undefended: Sequence[float]
    """The same batches answered by the undefended teacher just before."""

    extra_passes: float | None
    """Forward passes of other models per token of a reply, as the defence states them; None if it does not."""


@record
class TeacherLikelihood:
    """How likely the undefended teacher finds what was delivered."""

    nats: Sequence[float | None]
    """Per near item: mean -ln p per token of the delivered reply; None if nothing was delivered."""


# --- what is reported ---------------------------------------------------------------------------


@record
class DefendCell:
    """One cell of the matrix: a defence, a student, a dose."""

    defence: str
    """Which defence; "none" is the undefended teacher."""

    student: str
    """Which student."""

    budget: int
    """Queries put to the teacher."""

    recovery: Number
    """Share of the gap from the student's own base to the undefended teacher that was closed."""

    reduction: Number
    """Recovery of the same student undefended, minus `recovery`; paired by seed, in shares of the gap."""

    kept: Number
    """`recovery` over that of the same student undefended: 1 is no effect."""

    at_matched_utility: Number
    """Recovery from a teacher made worse to the same loss without a defence, minus `recovery`; first student only."""

    multiplier: Number
    """Queries spent here over those an undefended teacher needs for the same recovery (break-even)."""

    teacher_loss: Number
    """Accuracy that honest users lose: undefended minus defended teacher."""

    trace_p: float | None
    """Exact p-value of the teacher's mark in what this student writes; None without a mark."""

    trace_log10_p: float | None
    """Its decimal logarithm, which does not underflow; None without a mark."""

    trace_decoy_p: float | None
    """(1 + decoy keys that score at least as high) / (decoy keys + 1); None without a mark."""

    finding: Finding
    """What the defence does to this student at this dose."""

    verdict: str
    """The same with its number: "raises cost ×3.1"."""

    delivered: float
    """Share of the queries that were answered with anything to learn from, mean over seeds."""

    pairs: float
    """Pairs learned from, mean over seeds."""

    student_flop: float
    """Training FLOP of the student and its helpers, mean over seeds."""

    undertrained: int
    """Students flagged by the convergence check."""


@record
class DefenceRow:
    """What one defence does, over all its students at the largest dose, and what it costs honest users."""

    defence: str
    """Which."""

    control: bool
    """A teacher made worse on purpose, not a defence."""

    passive: Number
    """Recovery of the first student, who takes replies as they come."""

    worst_case: Number
    """Largest recovery over all students; an interval for the largest, all students held jointly."""

    worst_student: str
    """Who reached it."""

    adaptive_gap: Number
    """Largest recovery of an adaptive student with the passive student's base, minus the passive student's."""

    reduction: Number
    """Largest recovery undefended minus largest recovery defended, over all students."""

    multiplier: Number
    """Break-even multiplier of the worst-case student."""

    finding: Finding
    """In the words of the lab."""

    verdict: str
    """The same with its number."""

    accuracy: Number
    """Accuracy of the defended teacher on honest test items."""

    teacher_loss: Number
    """Accuracy lost against the undefended teacher, on the same items."""

    likelihood_cost: Number
    """Nats per token by which the undefended teacher finds the delivered replies less likely than its own."""

    refused: Number
    """Share of honest questions refused."""

    malformed: Number
    """Share of honest questions without an answer that could be read."""

    distinct: Number
    """Distinct 2-grams of characters over all of them in the delivered replies, over the same undefended."""

    slowdown: Number
    """Wall time per token over the undefended teacher's."""

    extra_passes: Number
    """Forward passes of other models per token."""

    days_to_notice: Number
    """Days until a customer's daily regression suite shows the loss (blind window)."""


@record
class PublicRow:
    """What a student has without this teacher: public worked examples alone."""

    student: str
    """Which column's base and recipe."""

    recovery: Number
    """Recovery from the public examples alone."""


@record
class SizeRow:
    """One defence and tactic on two bases: does hiding help the small one and hurt the large one, or the reverse?"""

    defence: str
    """Which."""

    tactic: str
    """Which."""

    first: str
    """Student on the first base."""

    second: str
    """Student on the other base."""

    reduction_first: Number
    """Reduction for `first` at the largest dose."""

    reduction_second: Number
    """Reduction for `second`."""

    sign: Literal["flips", "same", "cannot tell"]
    """Whether both intervals leave 0 out, and on which sides."""


@record
class TracePoint:
    """How much of a mark a student at one dose still shows."""

    defence: str
    """Which watermark."""

    student: str
    """Which student; "teacher" for the marked replies themselves."""

    budget: int
    """Queries; 0 for the teacher."""

    log10_p: Sequence[float]
    """Per seed, decimal logarithm of the exact p-value."""

    decoy_p: float | None
    """Median over seeds."""

    n: int
    """Draws scored, all seeds together."""


@record
class TraceFound:
    """A mark looked for in what one student, or the teacher itself, wrote to the test items."""

    evidence: MarkEvidence | None
    """The test; None where nothing could be scored."""

    key_fingerprint: str
    """Which key, without its secret."""


@record
class DefendHeader:
    """What was defended, how, and under which assumptions."""

    question: str
    """What the lab was to find out."""

    task: str
    """The capability."""

    teacher: str
    """The closed model."""

    bases: Sequence[str]
    """The open bases, in order of the students."""

    budgets: Sequence[int]
    """Doses."""

    seeds: int
    """Students per cell."""

    items: int
    """Test items."""

    level: float
    """Level of every interval."""

    threat: ThreatModel
    """Assumptions about the distiller."""

    contained_below: float
    """Recovery below which a defence contains."""

    regression_items: int
    """Items of the honest customer's regression suite."""

    authorisation: str
    """Who allowed the queries, or that every model is local."""

    made_at: str
    """Instant in UTC."""

    version: str
    """Version of angelshare."""

    commit: str
    """Commit of the source tree, "+dirty" if changed."""

    command: str
    """How to re-run it."""


@record
class DefendReport:
    """The result of `angelshare defend`: `report.json`, the page, and what `--json` prints."""

    plan: str
    """Name of the matrix."""

    run: str
    """Run folder."""

    sentence: str
    """What the data say, in one sentence."""

    cells: Sequence[DefendCell]
    """One per defence, student and dose."""

    defences: Sequence[DefenceRow]
    """One per defence, the undefended teacher first."""

    public: Sequence[PublicRow]
    """What each base and recipe has without this teacher."""

    sizes: Sequence[SizeRow]
    """Defences held against two sizes of base; empty with one base."""

    traces: Sequence[TracePoint]
    """Survival of marks; empty without a watermark among the defences."""

    header: DefendHeader
    """What was defended."""

    tactics: Mapping[str, str]
    """By student: what it does, in words."""

    costs: CostSheet
    """What the lab itself spent."""

    cautions: Sequence[str] = ()
    """What to bear in mind about the whole."""
