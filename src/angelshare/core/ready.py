"""The nouns of recovery from ready scores: the description that `angelshare scores` reads and the report it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Extractor, Number

Mismatch: TypeAlias = Literal["refuse", "common"]
"""What to do when logs do not hold the same items."""

Role: TypeAlias = Literal["student", "base", "teacher", "gold", "self", "shuffled", "open"]
"""Whose scores a log holds; the last four are students of a control."""


# --- what is read -------------------------------------------------------------------------------


@record
class Scoring:
    """Which of a task's scores to read; what a log has only one of may be left out."""

    metric: str = ""
    """lm-eval's per-item metric, e.g. `exact_match`."""

    strict: str = ""
    """Inspect scorer or lm-eval filter read as the strict extractor."""

    flexible: str = ""
    """The same for the flexible extractor; either alone serves as both."""


@record
class Controls:
    """Logs of control students: one entry per seed, as under `students`."""

    gold: Sequence[str | Sequence[str]] = ()
    """Students of public reference answers on the same queries."""

    self: Sequence[str | Sequence[str]] = ()
    """Students of the base's own outputs."""

    shuffled: Sequence[str | Sequence[str]] = ()
    """Students of the teacher's outputs re-paired: right form, wrong content."""

    open: Sequence[str | Sequence[str]] = ()
    """Students of the best open-weights teacher; for uplift over open, not for attributable recovery."""


@record
class JudgeLogs:
    """Judged logs: JSON Lines of `item`, `win` and, for length control, `length` and `reference_length`."""

    students: Sequence[str]
    """One log per student, in the order of `students`."""

    base: str
    """The base's log."""

    teacher: str
    """The teacher's log."""


@record
class JudgedLine:
    """One line of a judged log: one reply compared with a fixed reference's reply to the same item."""

    item: str
    """Item id; if the judged items are the scored ones, their ids pair the two."""

    win: float
    """The judge's preference for the model over the reference, 0 to 1; a tie is 0.5."""

    length: float | None = None
    """Length of the model's reply, in any unit."""

    reference_length: float | None = None
    """Length of the reference's reply, in the same unit."""


@record
class ReadyScores:
    """A description of ready scores; paths are relative to the file it stands in."""

    name: str
    """Short name, shown on the report."""

    students: Sequence[str | Sequence[str]]
    """One entry per training seed: its log, or a list of its logs, one per task."""

    base: Sequence[str]
    """Logs of the open base before training; several logs of one task are further draws."""

    teacher: Sequence[str]
    """Logs of the closed teacher; several logs of one task are further draws."""

    question: str = ""
    """What the scores are to answer, in one sentence."""

    controls: Controls = Controls()
    """Logs of control students; without any, recovery is raw, not attributable."""

    scoring: Mapping[str, Scoring] = field(default_factory=dict)
    """Which scores to read, by task; `default` for tasks not named."""

    extractor: Extractor = "flexible"
    """Which of the two extractors the numbers are about; the other is reported beside it."""

    mismatch: Mismatch = "refuse"
    """Logs with different items: `refuse` them, or keep the items `common` to all."""

    level: float = 0.95
    """Level of every interval."""

    threshold: float | None = None
    """Recovery whose lower bound above this makes the exit code 1."""

    judge: JudgeLogs | None = None
    """Judged logs of the same models, for judge inflation."""


# --- what is reported ---------------------------------------------------------------------------


@record
class ReadyVerdict:
    """The numbers of the box and one calibrated sentence."""

    recovery: Number
    """Share of the base-to-teacher gap the students closed, mean over tasks (M1)."""

    attributable_recovery: Number
    """The same minus the best no-teacher control's (M3)."""

    uplift_over_open: Number
    """Recovery minus that of the open teacher's students (M4)."""

    extractor_confound: Number
    """Recovery under the strict extractor minus recovery under the flexible one (M8)."""

    judge_inflation: Number
    """Recovery by the judge at equal length minus recovery by score (M7)."""

    judge_inflation_raw: Number
    """The same by raw win rates."""

    sentence: str
    """What the scores say, in one or two sentences."""


@record
class ReadyDomain:
    """One task."""

    domain: str
    """Task, as the logs name it."""

    items: int
    """Items that all logs hold."""

    base: Number
    """Mean score of the base."""

    students: Number
    """Mean score of the students."""

    teacher: Number
    """Mean score of the teacher."""

    recovery: Number
    """Recovery on this task alone."""


@record
class ReadyControl:
    """One control."""

    control: Literal["gold", "self", "shuffled", "open"]
    """Which."""

    seeds: int
    """Students."""

    score: Number
    """Mean score, over tasks."""

    recovery: Number
    """Its recovery."""


@record
class ReadyLedger:
    """The item ledger (M2)."""

    recovered: Number
    """Of items the teacher gets right and the base wrong: share the students get right."""

    lost: Number
    """Of items the base gets right: share the students get wrong."""

    beyond_teacher: Number
    """Of items both get wrong: share the students get right."""


@record
class ReadyJudged:
    """Win rates of one side of the scale."""

    who: Literal["base", "student", "teacher"]
    """Whose."""

    raw: Number
    """Mean preference over the reference."""

    equal_length: Number
    """The same at equal length."""


@record
class ReadyLog:
    """One log as it was read."""

    role: Role
    """Whose scores."""

    place: int
    """Which seed or draw of that role, from 1."""

    path: str
    """File, as the description names it."""

    model: str
    """Model, as the log names it."""

    task: str
    """Task, as the log names it."""

    metric: str
    """Per-item metric; "value" for Inspect, whose scorers have one."""

    strict_by: str
    """Scorer or filter read as the strict extractor."""

    flexible_by: str
    """The same for the flexible one."""

    items: int
    """Items with a score."""

    draws: int
    """Replies per item."""

    skipped: int
    """Items the log holds without a score."""

    refused: int
    """Replies that were refused."""

    truncated: int
    """Replies that hit a length limit."""


@record
class ReadyReport:
    """The result of `angelshare scores`; `--json` prints it and --out writes it as `report.json`."""

    name: str
    """Name from the description."""

    question: str
    """Question from the description."""

    verdict: ReadyVerdict
    """The box."""

    domains: Sequence[ReadyDomain]
    """By task."""

    controls: Sequence[ReadyControl]
    """By control."""

    item_ledger: ReadyLedger
    """Recovered, lost, beyond teacher."""

    judged: Sequence[ReadyJudged]
    """Win rates; empty without judged logs."""

    logs: Sequence[ReadyLog]
    """What was read."""

    notes: Sequence[str]
    """How replies were read and what the logs say of their form."""

    cautions: Sequence[str]
    """What to bear in mind."""

    seeds: int
    """Students."""

    items: int
    """Items behind the numbers."""

    extractor: Extractor
    """Extractor behind the numbers."""

    level: float
    """Level of every interval."""

    threshold: float | None
    """Threshold from the description."""

    crossed: bool
    """Whether recovery's lower bound is above the threshold."""

    version: str
    """Version of angelshare."""
