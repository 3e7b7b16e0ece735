"""The nouns. What crosses a room or reaches disk is one of these; a string under each field says what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal, TypeAlias

from angelshare.core.record import record

FORMAT_VERSION = 1
"""Version of every file a run folder holds; a reader refuses a newer one."""

Ring: TypeAlias = Literal["queried", "near", "far", "held_out"]
"""Distance from the queries: the queries themselves; their template, unqueried; other templates; other domains."""

ArmKind: TypeAlias = Literal[
    "teacher", "floor", "answers", "traces", "logits", "gold", "gold_all", "self", "shuffled", "open", "corrupted"
]
"""What a student learns from; `teacher` and `floor` are the two ends of the scale. See the glossary."""

CONTROL_ARMS: tuple[ArmKind, ...] = ("gold", "self", "shuffled", "open")
"""The arms that say what could be had without the closed teacher."""

Extractor: TypeAlias = Literal["strict", "flexible"]
"""How an answer is read out of a reply."""


# --- what is asked and what is answered ---------------------------------------------------------


@record
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    """Who speaks."""

    content: str
    """What is said, as text."""


@record
class Sampling:
    """How a completion is drawn."""

    max_tokens: int = 256
    """Longest reply, in tokens of the answering model."""

    temperature: float = 0.0
    """0 is greedy."""

    top_logprobs: int = 0
    """How many alternatives per token the interface is asked for; 0 asks for none."""

    draw: int = 0
    """Sample index: draws of the same query that differ only in chance."""


@record
class Query:
    """A question put to a model."""

    id: str
    """Unique in its run."""

    messages: Sequence[Message]
    """The conversation so far; the last turn is the user's."""

    sampling: Sampling = Sampling()
    """How the completion is drawn."""


@record
class TokenAlternatives:
    """What else a model might have said at one place of its reply."""

    tokens: Sequence[str]
    """Candidate tokens as text, the most likely first."""

    logprobs: Sequence[float]
    """Natural-log probabilities of `tokens`; they need not sum to one."""


@record
class Completion:
    """What a model answered."""

    query_id: str
    """The query it answers."""

    text: str
    """What was delivered; empty when refused."""

    tokens_in: int = 0
    """Prompt tokens billed."""

    tokens_out: int = 0
    """Completion tokens billed, hidden reasoning included."""

    tokens_delivered: int = 0
    """Completion tokens that reached the client; at most `tokens_out`."""

    reasoning: str = ""
    """Reasoning delivered in a field of its own, if the interface shows it."""

    refused: bool = False
    """The model declined, or a filter stopped it: a state, not an error."""

    truncated: bool = False
    """The reply hit its length limit: a state, not an error."""

    usage_estimated: bool = False
    """Token counts are our estimate because the endpoint gave none."""

    cost_usd: float | None = None
    """Price of the call by the plan's price row; None where the plan has no price for this model."""

    certainty: float | None = None
    """Probability the model gave its whole reply, where it can be had."""

    logprobs: Sequence[TokenAlternatives] = ()
    """Alternatives per delivered token, where the interface gives them."""


@record
class Transcript:
    """One line of a transcript file: the field's prompt/completion lists, so any SFT trainer reads it."""

    prompt: Sequence[Message]
    """The messages sent."""

    completion: Sequence[Message]
    """The reply, one assistant turn; none when refused."""

    id: str = ""
    """The query's id."""

    model: str = ""
    """What answered."""

    tokens_in: int = 0
    """Prompt tokens billed."""

    tokens_out: int = 0
    """Completion tokens billed."""

    tokens_delivered: int = 0
    """Completion tokens delivered."""

    reasoning: str = ""
    """Reasoning delivered in a field of its own."""

    refused: bool = False
    """The model declined."""

    truncated: bool = False
    """The reply hit its length limit."""

    usage_estimated: bool = False
    """Token counts are estimates."""

    cost_usd: float | None = None
    """Price of the call."""

    draw: int = 0
    """Sample index."""

    certainty: float | None = None
    """Probability the model gave its whole reply, where it can be had."""

    logprobs: Sequence[TokenAlternatives] = ()
    """Alternatives per delivered token."""


@record
class Item:
    """A question with a reference answer: a training query with a public label, or a test item."""

    id: str
    """Unique in its task."""

    query: Query
    """What is asked."""

    answer: str
    """The reference answer."""

    domain: str
    """The skill or subject; controls re-pair and results are averaged within it."""

    ring: Ring
    """Distance from the queries."""

    worked: str | None = None
    """A reference reply with worked steps, where the task has one."""

    cluster: str | None = None
    """Items that share a template or passage; None if each stands alone."""


@record
class Pair:
    """What a student is shown: a query and the reply to learn."""

    query: Query
    """The prompt."""

    reply: str
    """The text to reproduce."""

    weight: float = 1.0
    """Weight of this pair in the loss, relative to the others."""

    logprobs: Sequence[TokenAlternatives] = ()
    """Soft labels, one per token of `reply`, where the interface gives them."""


# --- how an experiment is described -------------------------------------------------------------


@record
class Use:
    """A plug-in and its options."""

    use: str
    """Name of an installed plug-in, or `package.module:attr`."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Passed by name to the plug-in, which checks them strictly."""


@record
class Authorisation:
    """Who allowed this plan to query a model it does not host, and until when."""

    by: str
    """Person or body who gave leave."""

    reference: str
    """Contract, ticket or letter that says so."""

    until: str
    """Last day of validity, ISO date."""

    scope: str = ""
    """What the leave covers, in words."""


@record
class Price:
    """A dated price row; there is no built-in price table."""

    model: str
    """Model id the row is for."""

    usd_per_million_in: float
    """Dollars per million prompt tokens."""

    usd_per_million_out: float
    """Dollars per million completion tokens, hidden reasoning included."""

    on: str
    """ISO date at which the price was read."""

    source: str
    """Where it was read."""


@record
class Limits:
    """Hard caps that stop a run cleanly; 0 means no cap."""

    dollars: float = 0.0
    """Spend on teachers, in US dollars; needs a price row for each."""

    tokens: int = 0
    """Tokens billed by remote models, in and out."""

    calls: int = 0
    """Calls to remote models."""

    minutes: float = 0.0
    """Wall time spent querying each remote model, per sitting."""


@record
class ArmPlan:
    """An arm that departs from the plan's budgets or seeds."""

    budgets: Sequence[int] | None = None
    """Doses for this arm instead of the plan's."""

    seeds: Sequence[int] | None = None
    """Seeds for this arm instead of the plan's."""


@record
class ThreatModel:
    """What the distiller is assumed to have; printed on every figure (axes of arXiv 2606.25059)."""

    interface: str = "text"
    """Interface profile: text, text with traces, top-k logprobs."""

    data_budget: str = ""
    """Data the distiller holds besides the teacher's replies, in words."""

    adaptive: bool = False
    """Whether the students choose queries or reweight; passive students understate."""


@record
class Plan:
    """One extraction audit: what is asked of which teacher, who learns from it, at which doses."""

    name: str
    """Short name; the run folder begins with it."""

    question: str
    """What the audit is to find out, in one sentence."""

    task: Use
    """The capability under audit."""

    teacher: Use
    """The closed model."""

    student: Use
    """The recipe that trains students, with the open base they start from in its options."""

    base: Use
    """The open base as it answers before training: the floor."""

    budgets: Sequence[int]
    """Doses: queries a student is trained on, each arm the same unless `arm` says otherwise."""

    seeds: Sequence[int]
    """One student per seed, arm and dose; a seed fixes query draw, initialisation and data order."""

    arms: Sequence[ArmKind] = ("answers", "traces")
    """Arms that learn from the teacher."""

    headline: ArmKind | None = None
    """The arm the verdict is about, fixed beforehand; the last of `arms` if not given."""

    extractor: Extractor = "flexible"
    """How answers are read for every headline number; the other extractor is reported beside it."""

    leave_out: Sequence[ArmKind] = ()
    """Controls left out; then results are printed as raw, not attributable."""

    arm: Mapping[ArmKind, ArmPlan] = field(default_factory=dict)
    """Arms with budgets or seeds of their own."""

    open_teacher: Use | None = None
    """The best open-weights teacher, for uplift; the `open` control runs only with it."""

    items: int = 200
    """Test items per domain in the near and held-out rings."""

    ring_items: int = 50
    """Test items per domain in the queried and far rings."""

    public_labels: Mapping[str, int] = field(default_factory=dict)
    """Reference labels per domain that are public, all the gold control may use; `default` for domains not named."""

    shared_queries: bool = False
    """Ask one set of queries for all seeds: cheaper, but luck in the draw of queries is then not resampled."""

    teacher_draws: int = 1
    """Replies drawn per test item from the teacher; more than one only for a sampled teacher."""

    elicitation: Sequence[Literal["zero_shot", "few_shot"]] = ("zero_shot", "few_shot")
    """Ways of asking the base; the best per domain on development items is the floor."""

    level: float = 0.95
    """Level of every interval."""

    threshold: float | None = None
    """Recovery at the largest dose whose lower bound above this makes the exit code 1."""

    threat: ThreatModel = ThreatModel()
    """What the distiller is assumed to have."""

    authorisation: Authorisation | None = None
    """Needed as soon as any model is remote."""

    prices: Sequence[Price] = ()
    """Dated price rows."""

    limits: Limits = Limits()
    """Hard caps."""


@record
class Arm:
    """One condition of an experiment."""

    kind: ArmKind
    """What the student learns from."""

    budget: int
    """Queries the student was trained on; 0 for the floor and the ceiling."""


@record
class Cell:
    """The smallest piece of work: one student, or one set of answers to the test items."""

    arm: Arm
    """The condition."""

    seed: int
    """Names the query draw, initialisation and data order."""


# --- what is measured ---------------------------------------------------------------------------


@record
class Score:
    """How one reply to one test item was judged."""

    item: str
    """Id of the item."""

    domain: str
    """Domain of the item."""

    ring: Ring
    """Ring of the item."""

    strict: float
    """Score in [0, 1] under the strict extractor."""

    flexible: float
    """Score in [0, 1] under the flexible extractor."""

    answer: str
    """The answer as the flexible extractor read it; empty if none was found."""

    style: Sequence[float]
    """The task's capability-blind style vector for this reply."""

    text: str
    """The reply itself."""

    refused: bool = False
    """The model declined."""

    truncated: bool = False
    """The reply hit its length limit."""

    draw: int = 0
    """Sample index."""

    certainty: float | None = None
    """Probability the model gave its own reply's answer, where it can be had; for calibration in the loss statement."""


@record
class Divergence:
    """How far a model is from the teacher along the teacher's own reply to one test item, in nats per token."""

    item: str
    """Id of the item."""

    tokens: int
    """Tokens of the reply that were compared; 0 if it could not be followed."""

    kl: float | None
    """KL(teacher || model), mean over tokens; None if it could not be followed."""

    js: float | None
    """Jensen-Shannon divergence, mean over tokens, from 0 to ln 2; None if it could not be followed."""


@record
class Meter:
    """What training a student cost and whether it was done."""

    steps: int
    """Optimiser steps taken."""

    examples: int
    """Examples seen, repeats counted."""

    tokens: int
    """Tokens passed through the student, padding left out."""

    training_flop: float
    """6 x parameters x tokens (Kaplan et al. 2020, section 2.1)."""

    cpu_seconds: float
    """Process time."""

    wall_seconds: float
    """Wall time."""

    loss: float
    """Mean training loss over the last tenth of the steps, in nats per token."""

    converged: bool
    """False flags an undertrained cell: the step cap cut training while the loss still fell."""


@record
class CellResult:
    """Everything one cell measured; one file each, never redone."""

    cell: Cell
    """Which cell."""

    scores: Sequence[Score]
    """One per test item (and draw)."""

    meter: Meter | None
    """Training cost; None for the floor and the ceiling."""

    queries: int = 0
    """Queries put to whatever taught this student."""

    tokens_billed: int = 0
    """Tokens the teacher billed for this dose, in and out."""

    tokens_delivered: int = 0
    """Completion tokens delivered to the student's trainer."""

    cost_usd: float | None = None
    """Price of the dose; None where no price row applies."""

    notes: Sequence[str] = ()
    """Deviations, in words."""

    divergences: Sequence[Divergence] = ()
    """One per test item of the near ring whose reply by the teacher carries logprobs; empty where nobody followed."""


@record
class Estimate:
    """A measured number with its doubt."""

    value: float
    """Point estimate."""

    low: float | None
    """Lower end of the interval; None means not bounded below."""

    high: float | None
    """Upper end of the interval; None means not bounded above."""

    level: float
    """Level of the interval, e.g. 0.95."""

    n: int
    """Independent units behind it (items unless `method` says otherwise)."""

    method: str
    """How the interval was made."""

    caution: str = ""
    """What to bear in mind; empty if nothing."""


@record
class Refusal:
    """A number the data cannot carry, and why."""

    refused: str
    """The reason, in words."""


Number: TypeAlias = Estimate | Refusal
"""What a report may print."""


@record
class Evidence:
    """The result of a test."""

    test: str
    """Name of the test."""

    statistic: float
    """Value of the test statistic."""

    p_value: float
    """Probability of a statistic at least this extreme under the null."""

    n: int
    """Independent units tested."""

    null: str
    """The null hypothesis in words."""

    caution: str = ""
    """What to bear in mind."""


@record
class RecoveryPoint:
    """One arm at one dose."""

    arm: ArmKind
    """What the students learned from."""

    budget: int
    """Queries."""

    recovery: Number
    """Share of the floor-to-teacher gap closed on near items, mean over domains; never clipped."""

    style: Number
    """The same for style."""

    held_out: Number
    """The same on domains never queried."""

    fidelity: Number
    """Share of items on which student and teacher give the same answer."""


@record
class Source:
    """Where a fact comes from."""

    title: str
    """Title."""

    url: str
    """Address, or an identifier such as arXiv 2305.15717."""

    on: str = ""
    """ISO date of the source."""


@record
class Manifest:
    """The last file of a run folder: its presence says the run is complete, its hashes that nothing was altered."""

    format: int
    """Format version of the folder."""

    kind: str
    """Verb that made the run."""

    plan: str
    """Name of the plan."""

    plan_sha256: str
    """Hash of the plan as decoded."""

    version: str
    """Version of angelshare."""

    commit: str
    """Commit of the source tree, or "unknown" outside one."""

    dirty: bool
    """Whether the source tree had uncommitted changes."""

    packages: Mapping[str, str]
    """Versions of the packages that numbers depend on."""

    seeds: Sequence[int]
    """Seeds of the plan."""

    started_at: str
    """Instant in UTC."""

    seconds: float
    """Wall time of the last sitting."""

    files: Mapping[str, str]
    """SHA-256 of every other file, by path inside the folder."""
