"""From a matrix to its students' results: ask every defended teacher once, make the lessons, train; resumable."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from angelshare.core import plugins
from angelshare.core.defend import (
    DefendedStudent,
    Matrix,
    StudentPlan,
    TacticCost,
    TeacherLikelihood,
    TeacherTiming,
    TraceFound,
)
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Task
from angelshare.core.records import CellResult, Completion, Item, Plan, Score
from angelshare.core.strict import encode
from angelshare.measure.cell import scored
from angelshare.measure.defend_cell import (
    DefendedTraining,
    Likelihood,
    Timing,
    ground_of,
    score_likelihood,
    time_teacher,
    train_defended,
)
from angelshare.measure.defend_marks import TraceWork, look_for, marked_rows, teacher_place
from angelshare.measure.defend_material import PUBLIC, Material, Where, base_errands, base_tag, teacher_errands
from angelshare.measure.defend_plans import NONE, as_plan, check_matrix, columns_of, defence_use, doses, rows_of
from angelshare.measure.engines import Engine
from angelshare.measure.grid import query_items
from angelshare.measure.lesson import Lesson, lesson
from angelshare.measure.lessons import whole
from angelshare.measure.run import Progress, choose_ways
from angelshare.measure.sources import is_remote, run_errands
from angelshare.measure.tactics import tactic_of
from angelshare.store.runs import RunFolder

TIMED = 96
"""Honest questions over which a defended teacher is timed."""


class Lab(NamedTuple):
    """Everything a matrix measured."""

    matrix: Matrix
    task: Task
    items: Sequence[Item]
    students: Mapping[Where, DefendedStudent]
    floors: Mapping[str, Sequence[Score]]
    """Scores of each column's elicited base, by column."""
    teachers: Mapping[str, Sequence[Score]]
    """Scores of each defended teacher, by row."""
    replies: Mapping[str, Sequence[Completion]]
    """Its replies to the test items."""
    timings: Mapping[str, TeacherTiming]
    """By row; empty for remote teachers."""
    likelihoods: Mapping[str, TeacherLikelihood]
    """By row; empty for remote teachers."""
    traces: Mapping[Where, TraceFound]
    """Marks looked for in what students, and the marked teachers themselves, wrote; empty without a watermark."""
    asked: Sequence[Completion]
    """Every reply a teacher gave, for the cost sheet."""
    delivered: Mapping[Where, float]
    """Share of the queries of a student that were answered with anything to learn from."""


def run_matrix(
    matrix: Matrix, folder: RunFolder, *, engine: Engine, now: Callable[[], datetime], progress: Progress
) -> Lab:
    """Run whatever `folder` does not hold yet.

    Raises PlanError, PluginError, AuthorisationError, EndpointError, LimitReached or StorageError; what was finished
    before stays in the folder.
    """
    check_matrix(matrix)
    task: Task = plugins.build("tasks", matrix.task)
    plans = {student.name: as_plan(matrix, student) for student in matrix.student}
    first = plans[matrix.student[0].name]
    items = list(task.items("near", matrix.items))
    if not items:
        raise PlanError(f"task '{task.name}' has no test items in the near ring; nothing can be measured")
    queries = {seed: query_items(first, task, seed) for seed in matrix.seeds}
    folder.settle_items([*items, *(item for seed in matrix.seeds for item in queries[seed])])
    errands = [*teacher_errands(matrix, items, queries), *base_errands(matrix, plans, task, items)]
    progress.stage("asking teachers and bases", sum(len(errand.queries) for errand in errands))
    answers = run_errands(errands, first, folder, engine=engine, now=now, advance=progress.advance)
    floors = {name: _floor(plan, task, items, answers) for name, plan in plans.items()}
    replies = {row: answers[f"{row}.test"] for row in rows_of(matrix)}
    timings, likelihoods = _teacher_notes(matrix, items, replies, folder, engine=engine, progress=progress)
    material = Material(matrix, task, plans, items, queries, answers)
    students = _students(material, folder, floors, engine=engine, progress=progress)
    traces = _traces(matrix, students, replies, folder, engine=engine, progress=progress)
    asked = [done for errand in errands if errand.use == matrix.teacher for done in answers[errand.name]]
    return Lab(
        matrix, task, items, students, floors, {row: scored(task, items, done) for row, done in replies.items()},
        replies, timings, likelihoods, traces, asked,
        {where: material.delivered(where) for where in students if where.defence != PUBLIC},
    )  # fmt: skip


def _floor(
    plan: Plan, task: Task, items: Sequence[Item], answers: Mapping[str, Sequence[Completion]]
) -> Sequence[Score]:
    """Score the base asked in its best way per domain."""
    tag = base_tag(plan.base)
    own = {name.removeprefix(f"{tag}."): done for name, done in answers.items() if name.startswith(f"{tag}.")}
    _, ways = choose_ways(plan, task, own)
    first = plan.elicitation[0]
    by_way: dict[str, list[Score]] = {way: scored(task, items, own[f"base-test-{way}"]) for way in plan.elicitation}
    return [by_way[ways.get(item.domain, first)][k] for k, item in enumerate(items)]


def _teacher_notes(
    matrix: Matrix,
    items: Sequence[Item],
    replies: Mapping[str, Sequence[Completion]],
    folder: RunFolder,
    *,
    engine: Engine,
    progress: Progress,
) -> tuple[dict[str, TeacherTiming], dict[str, TeacherLikelihood]]:
    """Time each defended teacher and score its replies, unless it is hosted by someone else."""
    if is_remote(matrix.teacher):
        return {}, {}
    queries = [item.query for item in items]
    through = {defence.name: (defence_use(defence),) for defence in matrix.defence}
    progress.stage("timing and scoring teachers", 2 * len(rows_of(matrix)) - 1)
    timings = _kept(
        folder, "timing", TeacherTiming, time_teacher,
        {row: Timing(model=matrix.teacher, through=use, queries=queries[:TIMED]) for row, use in through.items()},
        engine=engine, advance=progress.advance,
    )  # fmt: skip
    likelihoods = _kept(
        folder, "likelihood", TeacherLikelihood, score_likelihood,
        {
            row: Likelihood(
                model=matrix.teacher, queries=queries,
                replies=[None if one.refused else whole(one) or None for one in done],
            )
            for row, done in replies.items()
        },
        engine=engine, advance=progress.advance,
    )  # fmt: skip
    return timings, likelihoods


def _traces(
    matrix: Matrix,
    students: Mapping[Where, DefendedStudent],
    replies: Mapping[str, Sequence[Completion]],
    folder: RunFolder,
    *,
    engine: Engine,
    progress: Progress,
) -> dict[Where, TraceFound]:
    """Look for each mark in its teacher's replies and in what each of its students wrote."""
    keys = marked_rows(matrix)
    texts = {teacher_place(row): [whole(done) for done in replies[row]] for row in keys}
    texts |= {
        where: [score.text for score in one.result.scores] for where, one in students.items() if where.defence in keys
    }
    places_of = {where.file.removeprefix("cells/"): where for where in texts}
    jobs = {
        name: TraceWork(
            key=keys[where.defence], texts=texts[where], reader=matrix.teacher, decoys=matrix.decoys, words=where
        )
        for name, where in places_of.items()
    }
    if not jobs:
        return {}
    progress.stage("looking for marks", len(jobs))
    found = _kept(folder, "traces", TraceFound, look_for, jobs, engine=engine, advance=progress.advance)
    return {places_of[name]: value for name, value in found.items()}


def _kept(
    folder: RunFolder,
    what: str,
    kind: type[Any],
    function: Callable[[Any], Any],
    jobs: Mapping[str, Any],
    *,
    engine: Engine,
    advance: Callable[[int], None],
) -> dict[str, Any]:
    """Do what is not on file yet, and file it."""
    filed = {row: folder.load_record(f"{what}/{row}", kind) for row in jobs}
    out = {row: value for row, value in filed.items() if value is not None}
    advance(len(out))
    missing = [row for row in jobs if row not in out]
    for index, value in engine.run(function, [jobs[row] for row in missing]):
        folder.save_record(f"{what}/{missing[index]}", value)
        out[missing[index]] = value
        advance(1)
    return {row: out[row] for row in jobs}


def places(matrix: Matrix) -> list[tuple[Where, StudentPlan]]:
    """List every student, the dearest first so that workers finish together."""
    out = [
        (Where(row, student.name, budget, seed), student)
        for row in rows_of(matrix)
        for student in columns_of(matrix, row)
        for budget in doses(matrix, row)
        for seed in matrix.seeds
    ]
    most = max(doses(matrix, NONE))
    if any(count > 0 for count in matrix.public_labels.values()):
        out += [
            (Where(PUBLIC, student.name, most, seed), student) for student in matrix.student for seed in matrix.seeds
        ]
    return sorted(out, key=lambda entry: (-entry[0].budget, entry[0].defence, entry[0].student, entry[0].seed))


def _students(
    material: Material,
    folder: RunFolder,
    floors: Mapping[str, Sequence[Score]],
    *,
    engine: Engine,
    progress: Progress,
) -> dict[Where, DefendedStudent]:
    """Train every student the folder lacks; those that would learn the same from the same base are trained once."""
    wanted = places(material.matrix)
    progress.stage("training students", len(wanted))
    done: dict[Where, DefendedStudent] = {}
    jobs: list[tuple[Where, DefendedTraining]] = []
    first: dict[str, Where] = {}
    twins: dict[Where, Where] = {}
    for where, student in wanted:
        saved = folder.load_record(where.file, DefendedStudent)
        job = None if saved is not None else _ready(material.job(where, student), material)
        if saved is not None:
            done[where] = saved
        elif job is None or (job.lesson is not None and not (job.lesson.pairs or job.lesson.after)):
            done[where] = _keep(folder, where, _untaught(where, floors[where.student]), material)
        elif (twin := first.setdefault(_fingerprint(job), where)) != where:
            twins[where] = twin
            continue
        else:
            jobs.append((where, job))
            continue
        progress.advance(1)
    work = functools.partial(train_defended, scratch=folder.scratch)
    for index, made in engine.run(work, [job for _, job in jobs]):
        where = jobs[index][0]
        done[where] = _keep(folder, where, made, material)
        progress.advance(1)
    for where, twin in twins.items():
        done[where] = _keep(folder, where, _copied(done[twin], where, twin), material)
        progress.advance(1)
    # in a fixed order, whichever worker was first
    return {where: done[where] for where in sorted(done)}


def _ready(job: DefendedTraining, material: Material) -> DefendedTraining:
    """Make the lesson here if no model need be trained or read for it."""
    if job.defence == PUBLIC:
        made: Lesson | None = lesson(job.public, job.public)
    else:
        made = tactic_of(job.student, "matrix").at_once(job.pairs, ground_of(job, material.task, Path()))
    return job if made is None else dataclasses.replace(job, lesson=made, pairs=(), public=(), second=(), domain={})


def _fingerprint(job: DefendedTraining) -> str:
    """Name what is learned by whom and from where: equal names are equal students."""
    digest = hashlib.sha256(encode(job.plan.student) + encode(job.plan.base) + str(job.cell.seed).encode())
    parts = [job.pairs, job.public, job.second]
    if job.lesson is None:
        digest.update(f"{job.student.tactic}\x1e".encode() + encode(dict(job.student.options)))
    else:
        parts = [job.lesson.pairs, job.lesson.after]
    for part in parts:
        for pair in part:
            digest.update(f"{pair.query.id}\x1f{pair.reply}\x1f{pair.weight}\x1e".encode())
        digest.update(b"\x1d")
    return digest.hexdigest()


def _untaught(where: Where, floor: Sequence[Score]) -> DefendedStudent:
    result = CellResult(
        cell=where.cell, scores=floor, meter=None,
        notes=("nothing to learn from: the base as it is",),
    )  # fmt: skip
    return DefendedStudent(defence=where.defence, student=where.student, result=result, cost=TacticCost())


def _copied(made: DefendedStudent, where: Where, twin: Where) -> DefendedStudent:
    note = f"learned the same from the same base as {twin.student} under {twin.defence} at {twin.budget} queries"
    result = dataclasses.replace(made.result, cell=where.cell, notes=(note,))
    return dataclasses.replace(made, defence=where.defence, student=where.student, result=result)


def _keep(folder: RunFolder, where: Where, made: DefendedStudent, material: Material) -> DefendedStudent:
    kept = dataclasses.replace(made, result=dataclasses.replace(made.result, **material.dose(where)))
    folder.save_record(where.file, kept)
    return kept
