"""The nouns of `angelshare ledger`: quantities and lines of a model, rule-sets, and what each rule-set sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Number, Source

LineKind: TypeAlias = Literal[
    "pre_training",
    "inherited_weights",
    "parent_training",
    "synthetic_public",
    "synthetic_private",
    "synthetic_discarded",
    "student_updates",
    "reinforcement_learning",
    "evaluation",
    "auxiliary_models",
    "failed_experiments",
]
"""What compute was spent on; `inherited_weights` made the base, `parent_training` made the teacher."""

Method: TypeAlias = Literal["6ND", "2ND", "hardware", "stated"]
"""How a line's FLOP follow from its factors; see `angelshare.govern.compute_lines`."""

Domain: TypeAlias = Literal["language", "text_to_image", "text_to_video", "biological_sequences", "other"]
"""What a model was mainly trained on and generates."""

EvidenceLevel: TypeAlias = Literal["text-seen", "secondary-seen", "memory"]
"""Whether the text itself was read, a page about it, or neither."""

Treatment: TypeAlias = Literal["excludes", "included then repealed", "targets", "permits", "silent", "implicit"]
"""What an instrument does with distillation; `implicit` reaches it through general words, without naming it."""

State: TypeAlias = Literal[
    "in force", "enacted, not yet applicable", "enacted, application not verified", "ended", "not enacted"
]
"""How an instrument stands on a day."""

Seen: TypeAlias = Literal["yes", "no", "depends"]
"""Whether a threshold sees a model: over the whole interval, nowhere in it, or in part of it."""


# --- what is read: a model ----------------------------------------------------------------------


@record
class Quantity:
    """One named input of a ledger; lines that share it share its doubt."""

    value: str
    """Number or range with its unit, e.g. "4 to 8 thousand tokens/sample", or "unknown"."""

    source: str
    """Where it comes from; for an unknown one, who would know."""

    assume: str = ""
    """For an unknown quantity: the range assumed for it; without one, every sum that needs it has no upper bound."""

    because: str = ""
    """Why that range; needed with `assume`."""


@record
class ModelLine:
    """Compute spent on one thing."""

    name: str
    """Short name, unique in the file."""

    kind: LineKind
    """What it was spent on; rule-sets count or leave out by kind."""

    method: Method
    """How FLOP follow from the factors."""

    factors: Sequence[str]
    """Names of the quantities that are multiplied; their units must come out as the method needs."""

    cost: Sequence[str] = ()
    """Names of the quantities whose product is its cost in dollars; empty where no cost is stated."""

    unusual: str = ""
    """Why a number of tokens per parameter that looks like a slip of units is right."""


@record
class ModelCard:
    """A model as its compute is described: MODEL.toml."""

    name: str
    """The model."""

    weights: Literal["open", "closed"]
    """Whether anyone can load its weights."""

    domain: Domain
    """What it was mainly trained on and generates."""

    quantities: Mapping[str, Quantity]
    """Inputs by name."""

    lines: Sequence[ModelLine]
    """Where compute was spent."""

    base_systemic_risk: bool | None = None
    """Whether the base is a model with systemic risk under the EU AI Act; matters only where its compute is unknown."""

    note: str = ""
    """What a reader should know."""


# --- what is read: a rule-set -------------------------------------------------------------------


@record
class Count:
    """How an instrument treats some kinds of line."""

    kinds: Sequence[LineKind]
    """The kinds it is about; a kind that no entry names is not settled by the text."""

    counted: Literal["yes", "no"]
    """Whether they count."""

    citation: str
    """Pinpoint."""

    evidence: EvidenceLevel
    """How that place is known."""

    quote: str = ""
    """At most 15 words of the text."""

    reading: str = ""
    """What is our reading rather than its words."""

    claim: str = ""
    """Id of the claim in the catalogue that says so."""


@record
class Fallback:
    """What stands in for a share of a base whose compute is unknown."""

    base_systemic_risk: bool
    """For a base with systemic risk, or for one without."""

    flop: float
    """FLOP that stand in."""

    citation: str
    """Pinpoint."""


@record
class Threshold:
    """One line that an instrument draws; every condition given must hold."""

    name: str
    """What lies beyond it, in a few words."""

    kind: Literal["cumulative_flop", "share_of_base", "cost_usd", "judgement"]
    """What is compared; `judgement` names no number."""

    citation: str
    """Pinpoint."""

    evidence: EvidenceLevel
    """How that place is known."""

    flop: float | None = None
    """Counted FLOP beyond which it sees a model."""

    at_least: bool = False
    """The number itself is already seen."""

    share_of_base: float | None = None
    """Counted FLOP other than inherited ones, over the base's, beyond which it sees a modifier."""

    fallback: Sequence[Fallback] = ()
    """What is compared where the base's compute is unknown."""

    cost_usd: float | None = None
    """Dollars spent on counted lines beyond which it sees a model."""

    distilled: bool = False
    """Only models that learned from a teacher's outputs."""

    teacher_flop: float | None = None
    """Only where the teacher's own training took more FLOP than this."""

    weights: Literal["open", "closed"] | None = None
    """Only models with such weights."""

    domains: Sequence[Domain] = ()
    """Only models of these domains; empty is any."""

    leaves_out: Sequence[LineKind] = ()
    """Kinds that do not count towards this threshold, though the instrument counts them elsewhere."""

    quote: str = ""
    """At most 15 words of the text."""

    flips: str = ""
    """What else would make it see a model, or stop it, whatever the number."""

    claim: str = ""
    """Id of the claim in the catalogue that says so."""


@record
class RuleSet:
    """One instrument, as data: a file."""

    id: str
    """Short name, unique."""

    name: str
    """The instrument."""

    jurisdiction: str
    """Where."""

    type: str
    """Statute, guidelines, code, …"""

    enacted_on: str
    """ISO date from which it stands in the books; "" while it does not."""

    applies_from: str
    """ISO date from which it applies; "" if that is not verified."""

    ended_on: str
    """ISO date on which it was repealed, replaced or rescinded; "" if it was not."""

    status: str
    """How it came to stand so, in words."""

    treatment: Treatment
    """What it does with distillation."""

    treatment_citation: str
    """Pinpoint for that."""

    evidence: EvidenceLevel
    """How the instrument as a whole is known."""

    verified_on: str
    """ISO date on which this file was last held against its sources."""

    thresholds: Sequence[Threshold]
    """The lines it draws."""

    counts: Sequence[Count]
    """Which compute it counts."""

    sources: Sequence[Source]
    """Where the text is."""

    catalogue: str = ""
    """Id of the instrument in the catalogue."""

    treatment_note: str = ""
    """The treatment in our words."""

    treatment_claim: str = ""
    """Id of the claim in the catalogue behind it."""

    tolerance: float | None = None
    """Largest error that an estimate may have, as a share of it."""

    tolerance_citation: str = ""
    """Pinpoint for that."""

    tolerance_claim: str = ""
    """Id of the claim in the catalogue that says so."""


# --- what is worked out -------------------------------------------------------------------------


@record
class QuantityRow:
    """One input as it was read."""

    name: str
    """Its name."""

    low: float | None
    """Low end in the unit below; None if unknown without an assumption."""

    central: float | None
    """Central value: half of the draws lie below."""

    high: float | None
    """High end."""

    unit: str
    """Unit after scale words and multiples are resolved."""

    basis: Literal["given", "assumed", "unknown"]
    """A value was given; it is unknown and a range is assumed; it is unknown and nothing is assumed."""

    source: str
    """Where it comes from; for an assumption, why."""


@record
class ComputeLine:
    """One line of the ledger."""

    name: str
    """Its name."""

    kind: LineKind
    """What it was spent on."""

    method: Method
    """How it was worked out."""

    working: str
    """The product in words and numbers."""

    flop: Number
    """FLOP, with the interval of the draws."""

    least_flop: float | None
    """FLOP with every factor at its low end; None if a factor is unknown."""

    most_flop: float | None
    """FLOP with every factor at its high end; None if a factor is unknown."""

    cost_usd: Number | None
    """Dollars; None where no cost is stated."""

    assumed: Sequence[str]
    """Unknown quantities it rests on, whether a range is assumed for them or not."""


@record
class ThresholdRow:
    """One threshold of one rule-set, against this model."""

    rule_set: str
    """Id of the rule-set."""

    instrument: str
    """Its name."""

    jurisdiction: str
    """Where."""

    threshold: str
    """What lies beyond it."""

    kind: Literal["cumulative_flop", "share_of_base", "cost_usd", "judgement"]
    """What is compared."""

    counts_flop: Number
    """FLOP this rule-set counts: without the unsettled lines at the low end, with them at the high end."""

    threshold_flop: float | None
    """FLOP of the threshold; for a share, that share of the base at its central value; None if it has none."""

    counts_usd: Number | None
    """Dollars of the counted lines, where the threshold is in dollars."""

    threshold_usd: float | None
    """Dollars of the threshold, where it has them."""

    share: Number | None
    """Counted FLOP other than inherited ones over the base's, for a share of the base."""

    threshold_share: float | None
    """The share that is the threshold."""

    seen: Seen
    """Whether it sees the model: over the whole interval, nowhere in it, or in part of it."""

    why: str
    """The conditions, and how each came out."""

    distance: Number
    """Threshold over what is counted: above 1, so many times below it; below 1, beyond it."""

    exchanges_to_flip: Number | None
    """Exchanges with the teacher at which the central value would reach it; None where none would, or it is reached."""

    flips: str
    """What would change the answer."""

    tolerance: str
    """Whether the interval keeps within the error the instrument allows; "" if it names none."""

    counted: Sequence[str]
    """Lines it counts."""

    excluded: Sequence[str]
    """Lines it leaves out."""

    unsettled: Sequence[str]
    """Lines its text does not settle."""

    treatment: Treatment
    """What the instrument does with distillation."""

    treatment_note: str
    """The same in words, with its pinpoint."""

    citation: str
    """Pinpoint of the threshold, then of what is counted."""

    state: State
    """How the instrument stands on the day asked about."""

    status: str
    """The same in words."""

    evidence: EvidenceLevel
    """The weakest evidence that this row rests on."""

    verified_on: str
    """ISO date on which the rule-set was last held against its sources."""


@record
class ComputeLedger:
    """The result of `angelshare ledger`: `report.json`, the page, the tables and what `--json` prints."""

    model: str
    """The model."""

    total_flop: Number
    """Every line except the training of the teacher, whichever rule-set counts it."""

    parent_flop: Number | None
    """The teacher's own training; None if the model names none."""

    rows: Sequence[ThresholdRow]
    """One per threshold."""

    sentence: str
    """What follows, in one sentence."""

    lines: Sequence[ComputeLine]
    """Where compute was spent."""

    quantities: Sequence[QuantityRow]
    """The inputs."""

    as_of: str
    """ISO date whose law is answered with."""

    hidden: int
    """Rule-sets left out because they did not stand on that day; `--all` shows them."""

    notes: Sequence[str]
    """Assumptions and cautions."""

    level: float
    """Level of every interval."""

    draws: int
    """Draws behind every interval."""

    seed: int
    """Seed of every draw."""

    files: Sequence[Source]
    """Input files: name, SHA-256 as address."""

    version: str
    """Version of angelshare."""

    command: str
    """How to run it again."""

    made_at: str
    """Instant in UTC."""
