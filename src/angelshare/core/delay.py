"""The nouns of `angelshare delay`: dated scores, spells of a closed lead, the panel, what distillation saves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Number, Refusal, Source

Weights: TypeAlias = Literal["open", "closed", "api_only", ""]
"""Can anyone load the weights? `api_only` is never open; "" is unlabelled: excluded and counted, never guessed."""

Access: TypeAlias = Literal["public", "private", ""]
"""Are the benchmark's questions public? "" is not stated."""

DAYS_PER_MONTH = 365.25 / 12
"""Months are of equal length: 30.4375 days."""

NOT_COMPUTED = "not computed by the version that wrote this file"
"""Stands in for a number that older files lack."""


# --- what is read -------------------------------------------------------------------------------


@record
class Benchmark:
    """A scale on which models are scored."""

    name: str
    """Short name, unique."""

    unit: str
    """What a score counts: points, percent, minutes, Elo."""

    area: str = ""
    """Capability area: general, mathematics, science, coding, agentic, …"""

    access: Access = ""
    """Public or private questions."""

    log_scale: bool = False
    """Scores are compared on a logarithm, as time horizons are."""

    upper: float | None = None
    """Largest possible score, where there is one; then trends are fitted on the logit."""


@record
class DatedScore:
    """One model's score on one benchmark."""

    model: str
    """The model as its source names it."""

    developer: str
    """Who made it."""

    weights: Weights
    """Whether anyone can load it."""

    released_on: str
    """ISO date of release: of the weights for an open model, of access for a closed one."""

    benchmark: str
    """Name of the benchmark."""

    score: float
    """In the benchmark's unit; higher is better."""

    score_sd: float | None = None
    """Standard error of `score`; None if the source gives none."""


@record
class Scores:
    """Everything read from the files given, after checks."""

    scores: Sequence[DatedScore]
    """Labelled scores, in order of release."""

    benchmarks: Sequence[Benchmark]
    """The scales they are on."""

    unlabelled: int
    """Scores left out because their weights are not labelled."""

    notes: Sequence[str] = ()
    """What else was left out or read in a particular way, in words."""

    sources: Sequence[Source] = ()
    """Where the scores come from."""


# --- what is estimated --------------------------------------------------------------------------


@record
class Spell:
    """How long one closed record stood against open weights."""

    closed: str
    """The closed model that set the record."""

    set_on: str
    """ISO date it was released."""

    score: float
    """The record."""

    matched_by: str | None
    """First later open release that meets the criterion; None: not yet matched, a state of its own."""

    matched_on: str | None
    """Its release date."""

    low_months: float
    """The match came later than this: months to the last earlier open frontier release, or to the end of the data."""

    high_months: float | None
    """The match came no later than this; None while not matched."""


@record
class DelayEstimate:
    """One estimator's answer, in months."""

    name: str
    """Name of the estimator, e.g. "interval-censored lognormal"."""

    criterion: str
    """What counts as a match, in words."""

    months: Number
    """Months between a closed record and open weights that equal it."""

    matched: int
    """Closed records that were matched."""

    censored: int
    """Closed records not yet matched."""

    matchers: int
    """Distinct open releases that matched any: the independent events behind the number."""

    caution: str = ""
    """What to bear in mind; says so where simulation shows that the interval undercovers."""

    benchmark: str = ""
    """The scale it was estimated on."""

    default: bool = False
    """The estimator the sentence speaks of."""


@record
class FrontierStep:
    """A release that set a record."""

    model: str
    """Its name."""

    weights: Literal["open", "closed"]
    """On which frontier; API-only counts as closed."""

    on: str
    """ISO date."""

    score: float
    """The new record."""


@record
class SurvivalPoint:
    """Share of closed records not yet matched after some months."""

    months: float
    """Months since release."""

    share: Number
    """In [0, 1], with a pointwise interval."""


@record
class Sensitivity:
    """The default estimator under one change."""

    change: str
    """E.g. "tolerance 2 points", "without Kimi K3"."""

    months: Number
    """The default estimator then."""

    kaplan_meier: Number
    """The Kaplan-Meier median then."""


@record
class BenchmarkDelay:
    """Everything said about one benchmark."""

    benchmark: Benchmark
    """The scale."""

    spells: Sequence[Spell]
    """Strict match, in order of the records."""

    steps: Sequence[FrontierStep]
    """Both frontiers, in order of release."""

    survival: Sequence[SurvivalPoint]
    """Kaplan-Meier curve of the closed lead under the strict criterion."""

    sensitivity: Sequence[Sensitivity]
    """Tolerances, and each matcher left out in turn."""

    open_models: int
    """Labelled open models."""

    closed_models: int
    """Labelled closed models, API-only included."""

    refused: str = ""
    """Why nothing is estimated here ("unidentified: one open model"); empty otherwise."""


@record
class PublishedLag:
    """A figure someone else published, shown beside ours."""

    source: Source
    """Where."""

    metric: str
    """On what."""

    method: str
    """How."""

    months: str
    """As published."""

    interval: str = ""
    """As published."""

    mark: Literal["read at the source", "secondary", "remembered", "measured here", ""] = ""
    """How the figure was checked: a figure seen only in a secondary page, or from memory, says so."""


# --- what distillation saves --------------------------------------------------------------------

Shape: TypeAlias = Literal["fixed", "uniform", "triangular", "log_uniform", "measured"]
"""Distribution of an assumption between its low and high ends; triangular peaks at `central`. "measured": an estimate,
whose ends are those of its interval; a two-piece normal is drawn, on the log scale for rates and times.
"""

Mark: TypeAlias = Literal["measured", "reported", "assumed"]
"""How well a range is founded: computed here from data, read in a source, or only assumed."""


@record
class Assumption:
    """One named input of the counterfactual, with its range and where that comes from."""

    name: str
    """Short name, usable with `--set`."""

    meaning: str
    """What it is, in words."""

    unit: str
    """Unit."""

    low: float
    """Lower end."""

    central: float
    """Central value."""

    high: float
    """Upper end."""

    shape: Shape
    """Distribution between the ends."""

    source: Source
    """Where the range comes from; a range that is only assumed says so here."""

    on: bool = True
    """Switched off, an assumption takes the neutral value that removes its effect."""

    mark: Mark = "assumed"
    """How well the range is founded."""


@record
class Tornado:
    """What one assumption does to the answer, the others at their central values."""

    assumption: str
    """Its name."""

    at_low: float
    """Months saved with the assumption at its low end."""

    at_high: float
    """Months saved with it at its high end."""


@record
class DefendedDelay:
    """The same campaign against one defence."""

    defence: str
    """Its name."""

    measured: bool
    """True if its recovery curve was measured in a run; False if its effect is an assumption."""

    months_saved: Number
    """Months that distillation saves then."""

    days_to_target: Number
    """Calendar days to the target dose then."""

    note: str = ""
    """How it was computed."""


@record
class AttributableDelay:
    """How many months distillation saves, under stated assumptions."""

    run: str
    """Folder of the audit whose recovery curve is used."""

    arm: str
    """Its arm."""

    campaign: str
    """Name of the campaign description."""

    months_saved: Number
    """Months that distillation saves."""

    delay_left: Number
    """Months of delay that remain with distillation."""

    days_to_target: Number
    """Calendar days until the campaign holds the dose to half of the gap."""

    cost_usd: Number
    """Price of the campaign's tokens."""

    beyond_measured: float
    """Share of draws whose dose lies beyond ten times the largest measured dose; their recovery is held at that end."""

    verdict: Literal["containment not supported", "delay", "cannot tell"]
    """What follows."""

    sentence: str
    """The verdict in one sentence, with its assumptions named."""

    assumptions: Sequence[Assumption]
    """Every input."""

    tornado: Sequence[Tornado]
    """What matters most first."""

    defences: Sequence[DefendedDelay]
    """The same with each defence."""

    draws: int
    """Monte Carlo draws."""

    recovery: Number = Refusal(refused=NOT_COMPUTED)
    """Attributable recovery at the campaign's dose, in shares of the gap between teacher and base."""

    days_to_80: Number = Refusal(refused=NOT_COMPUTED)
    """Calendar days until the campaign holds the dose to four fifths of the gap."""


@record
class AreaDelay:
    """The default estimator over the benchmarks of one capability area."""

    area: str
    """Name of the area."""

    benchmarks: Sequence[str]
    """Benchmarks behind it: those that carry an estimate."""

    months: Number
    """Median over them; the estimate itself where there is one."""


# --- the whole ----------------------------------------------------------------------------------


@record
class DelayReport:
    """The result of `angelshare delay`: `report.json`, the page, the tables and what `--json` prints."""

    estimators: Sequence[DelayEstimate]
    """The panel: every benchmark, every estimator."""

    sentence: str
    """What the data say, in one sentence."""

    benchmarks: Sequence[BenchmarkDelay]
    """Per benchmark."""

    false_promise: Number
    """Median delay on private minus on public benchmarks: the part of a catch-up that is benchmark targeting."""

    areas: Sequence[AreaDelay] = ()
    """By capability area."""

    trend: Number = Refusal(refused="no trend was estimated")
    """Factor by which the delay changes from one year of records to the next; 1 means no trend."""

    attributable: AttributableDelay | None
    """What distillation saves; None without a run and a campaign."""

    published: Sequence[PublishedLag]
    """Others' figures."""

    unlabelled: int
    """Scores left out because their weights are not labelled."""

    notes: Sequence[str]
    """Deviations and exclusions."""

    as_of: str
    """Last day of the data: later matches are not known."""

    level: float
    """Level of every interval."""

    bootstraps: int
    """Resamples behind every interval."""

    seed: int
    """Seed of every draw."""

    files: Sequence[Source]
    """The inputs: name, SHA-256 as address."""

    version: str
    """Version of angelshare."""

    commit: str
    """Commit of the source tree."""

    command: str
    """How to run it again."""

    made_at: str
    """Instant in UTC."""
