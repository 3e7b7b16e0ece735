"""Recovery from ready scores: nothing is trained here, so there is no dose and no style; the rest is as in an audit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy as np

from angelshare import __version__
from angelshare.core.ready import (
    ReadyControl,
    ReadyDomain,
    ReadyJudged,
    ReadyLedger,
    ReadyReport,
    ReadyScores,
    ReadyVerdict,
)
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.core.seeds import stream
from angelshare.measure.ready_words import cautions, log_rows, notes, sentence
from angelshare.measure.verdict import above
from angelshare.stats.intervals import caution_of
from angelshare.stats.judge import Controlled, judge_inflation, length_controlled, win_rate
from angelshare.stats.ledger import item_ledger
from angelshare.stats.panel import FloatArray, Panel
from angelshare.stats.recovery import accuracy, attributable, difference, recovered, uplift
from angelshare.tasks.alignment import Aligned, LogSet, align
from angelshare.tasks.judged import JudgedPanel, JudgedSet, judged_panel

NO_JUDGE: Final = Refusal(refused="no judged logs given")
NO_LENGTHS: Final = Refusal(refused="no win rate at equal length: the judged logs hold no lengths")
NO_OPEN: Final = Refusal(refused="no open arm: no logs of the open teacher's students given")
NO_CONTROL: Final = Refusal(refused="raw, not attributable: no control given")
ONE_EXTRACTOR: Final = Refusal(refused="one extractor only: each log was read by a single scorer or filter")
NO_TEACHER: Final[tuple[Literal["gold"], Literal["self"], Literal["shuffled"]]] = ("gold", "self", "shuffled")
"""Controls that did without any teacher; `open` answers another question."""


class Judgement(NamedTuple):
    """Judged logs brought onto items, raw and at equal length."""

    judged: JudgedPanel
    controlled: Controlled | Refusal


class Bench:
    """Aligned scores and what every number needs besides."""

    def __init__(self, description: ReadyScores, logs: LogSet) -> None:
        self.description, self.logs, self.level = description, logs, description.level
        self.aligned = self.read_as(description.extractor)

    @property
    def panel(self) -> Panel:
        """Scores under the headline extractor."""
        return self.aligned.panel

    def read_as(self, extractor: Literal["strict", "flexible"]) -> Aligned:
        """Align the logs under an extractor."""
        return align(self.logs, extractor=extractor, mismatch=self.description.mismatch)

    def rng(self, *words: str) -> np.random.Generator:
        """Open the stream of one number, so that no number depends on which others were computed."""
        return stream("scores", self.description.name, *words)


def report_ready(description: ReadyScores, logs: LogSet, judged: JudgedSet | None) -> ReadyReport:
    """Compute everything that ready scores can say.

    Raises PlanError when logs do not fit each other.
    """
    bench = Bench(description, logs)
    judgement = _judgement(bench, judged)
    verdict = _verdict(bench, judgement)
    return ReadyReport(
        name=description.name, question=description.question, verdict=verdict, domains=_domains(bench),
        controls=_controls(bench), item_ledger=_ledger(bench), judged=_judged_rows(bench, judgement),
        logs=log_rows(logs), notes=notes(logs),
        cautions=cautions(description, logs, bench.aligned, judgement.judged if judgement else None),
        seeds=bench.panel.student.shape[0], items=bench.panel.domain.size, extractor=description.extractor,
        level=description.level, threshold=description.threshold,
        crossed=above(verdict.recovery, description.threshold), version=__version__,
    )  # fmt: skip


def _verdict(bench: Bench, judgement: Judgement | None) -> ReadyVerdict:
    level = bench.level
    have: dict[str, FloatArray] = {
        name: bench.aligned.controls[name] for name in NO_TEACHER if name in bench.aligned.controls
    }
    whole = recovered(bench.panel, level=level, rng=bench.rng("recovery"))
    needed = _attributable(bench, have)
    opened = bench.aligned.controls.get("open")
    above = NO_OPEN if opened is None else uplift(bench.panel, opened, level=level, rng=bench.rng("uplift"))
    raw, equal = _inflation(bench, judgement)
    return ReadyVerdict(
        recovery=whole, attributable_recovery=needed, uplift_over_open=above, extractor_confound=_confound(bench),
        judge_inflation=equal, judge_inflation_raw=raw,
        sentence=sentence(whole, needed, equal if isinstance(equal, Estimate) else raw, panel=bench.panel),
    )  # fmt: skip


def _attributable(bench: Bench, have: Mapping[str, FloatArray]) -> Number:
    if not have:
        return NO_CONTROL
    number = attributable(bench.panel, have, level=bench.level, rng=bench.rng("attributable"))
    missing = [name for name in NO_TEACHER if name not in have]
    if isinstance(number, Refusal) or not missing:
        return number
    return _with_caution(number, f"beyond the controls given; not given: {', '.join(missing)}")


def _confound(bench: Bench) -> Number:
    """Recovery under the strict extractor minus recovery under the flexible one (M8)."""
    if all(log.strict_by == log.flexible_by for log in bench.logs.teacher):
        return ONE_EXTRACTOR
    strict, flexible = (bench.read_as(name).panel for name in ("strict", "flexible"))
    return difference(strict, flexible, level=bench.level, rng=bench.rng("confound"))


def _domains(bench: Bench) -> list[ReadyDomain]:
    rows = []
    for code, name in enumerate(bench.aligned.domains):
        panel = _within(bench.panel, code)
        rows.append(ReadyDomain(
            domain=name, items=panel.domain.size, base=_score(bench, panel.floor, panel, who="base", where=name),
            students=_score(bench, panel.student, panel, who="students", where=name),
            teacher=_score(bench, panel.teacher, panel, who="teacher", where=name),
            recovery=recovered(panel, level=bench.level, rng=bench.rng("recovery", name)),
        ))  # fmt: skip
    return rows


def _controls(bench: Bench) -> list[ReadyControl]:
    rows = []
    for name in (*NO_TEACHER, "open"):
        students = bench.aligned.controls.get(name)
        if students is not None:
            panel = Panel(
                student=students, floor=bench.panel.floor, teacher=bench.panel.teacher, domain=bench.panel.domain
            )
            rows.append(ReadyControl(
                control=name, seeds=students.shape[0], score=_score(bench, students, panel, who="students", where=name),
                recovery=recovered(panel, level=bench.level, rng=bench.rng("control", name)),
            ))  # fmt: skip
    return rows


def _ledger(bench: Bench) -> ReadyLedger:
    gained, lost, beyond = item_ledger(bench.panel, level=bench.level, rng=bench.rng("ledger"))
    return ReadyLedger(recovered=gained, lost=lost, beyond_teacher=beyond)


def _judgement(bench: Bench, judged: JudgedSet | None) -> Judgement | None:
    if judged is None:
        return None
    panel = judged_panel(
        judged, bench.aligned.items, bench.panel.domain, seeds=bench.panel.student.shape[0],
        mismatch=bench.description.mismatch,
    )  # fmt: skip
    return Judgement(panel, NO_LENGTHS if panel.lengths is None else length_controlled(panel.wins, panel.lengths))


def _inflation(bench: Bench, judgement: Judgement | None) -> tuple[Number, Number]:
    """Judge inflation (M7), raw and at equal length."""
    if judgement is None:
        return NO_JUDGE, NO_JUDGE
    same, controlled = judgement.judged.same_items, judgement.controlled
    raw = judge_inflation(
        judgement.judged.wins, bench.panel, same_items=same, level=bench.level, rng=bench.rng("judge", "raw")
    )
    if isinstance(controlled, Refusal):
        return raw, controlled
    equal = judge_inflation(
        controlled.panel, bench.panel, same_items=same, level=bench.level, rng=bench.rng("judge", "equal length")
    )
    return raw, equal if isinstance(equal, Refusal) else _with_caution(equal, controlled.caution)


def _judged_rows(bench: Bench, judgement: Judgement | None) -> list[ReadyJudged]:
    if judgement is None:
        return []
    wins, controlled = judgement.judged.wins, judgement.controlled
    sides: tuple[tuple[Literal["base", "student", "teacher"], str], ...] = (
        ("base", "floor"), ("student", "student"), ("teacher", "teacher"),
    )  # fmt: skip
    rows = []
    for who, side in sides:
        equal: Number = (
            controlled if isinstance(controlled, Refusal)
            else _wins(bench, controlled.panel, side, words=("equal length", who))
        )  # fmt: skip
        rows.append(ReadyJudged(who=who, raw=_wins(bench, wins, side, words=("raw", who)), equal_length=equal))
    return rows


def _wins(bench: Bench, panel: Panel, side: str, *, words: tuple[str, str]) -> Number:
    return win_rate(
        getattr(panel, side), panel.domain, level=bench.level, rng=bench.rng("win rate", *words),
        trained=side == "student",
    )  # fmt: skip


def _score(bench: Bench, values: FloatArray, panel: Panel, *, who: str, where: str) -> Number:
    return accuracy(
        values, panel.domain, level=bench.level, rng=bench.rng("score", who, where), trained=who == "students"
    )


def _within(panel: Panel, code: int) -> Panel:
    inside = panel.domain == code
    return Panel(
        student=panel.student[:, inside], floor=panel.floor[:, inside], teacher=panel.teacher[:, inside],
        domain=np.zeros(int(inside.sum()), dtype=np.int64),
    )  # fmt: skip


def _with_caution(number: Estimate, words: str) -> Estimate:
    """Add what must be borne in mind to a number."""
    return dataclasses.replace(number, caution=caution_of(number.caution, words))
