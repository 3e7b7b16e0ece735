"""Reading a matrix of defences by students, and refusing before anything is spent what cannot be done."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from angelshare.core import plugins
from angelshare.core.defend import DefencePlan, Matrix, StudentPlan
from angelshare.core.errors import PlanError
from angelshare.core.records import Plan, Use
from angelshare.core.strict import decode_toml, encode
from angelshare.measure.plans import check_plan
from angelshare.measure.run import preflight
from angelshare.measure.tactics import tactic_of

NONE = "none"
"""Name of the undefended teacher's row."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
"""What rows and columns may be called: file names are made of them."""
LEAST_SEEDS = 2
CURVE_DOSES = 4
"""Doses a dose-response curve needs; see `stats.curve`."""


def parse_matrix(text: str, where: str) -> Matrix:
    """Decode and check a matrix; `where` names the file in messages.

    Raises UnknownKeyError or PlanError.
    """
    matrix = decode_toml(text, Matrix, where)
    _check_names(matrix, where)
    _check_threat(matrix, where)
    _check_doses(matrix, where)
    _check_students(matrix, where)
    for student in matrix.student:
        check_plan(as_plan(matrix, student), where)
    return matrix


def matrix_hash(matrix: Matrix) -> str:
    """SHA-256 of the matrix as decoded, so comments and order of keys do not matter."""
    return hashlib.sha256(encode(matrix)).hexdigest()


def check_matrix(matrix: Matrix) -> None:
    """Find whatever can be found from the matrix alone, before anything is written or paid for.

    Raises AuthorisationError, PluginError or PlanError.
    """
    for defence in matrix.defence:
        plugins.check("defences", defence_use(defence))
        plugins.build("defences", defence_use(defence))
    for student in matrix.student:
        preflight(as_plan(matrix, student))
    if matrix.second_teacher is not None:
        plugins.check("models", matrix.second_teacher)


def as_plan(matrix: Matrix, student: StudentPlan) -> Plan:
    """Give the audit that one column is, so that the machinery of audits asks and trains for it."""
    return Plan(
        name=matrix.name, question=matrix.question, task=matrix.task, teacher=matrix.teacher,
        student=recipe_of(matrix, student), base=base_of(matrix, student), budgets=doses(matrix, NONE),
        seeds=matrix.seeds, arms=("traces",), leave_out=("self", "shuffled"), items=matrix.items,
        extractor=matrix.extractor, open_teacher=matrix.second_teacher, public_labels=matrix.public_labels,
        elicitation=matrix.elicitation, level=matrix.level, threshold=matrix.threshold, threat=matrix.threat,
        authorisation=matrix.authorisation, prices=matrix.prices, limits=matrix.limits,
    )  # fmt: skip


def base_of(matrix: Matrix, student: StudentPlan) -> Use:
    """Give the base a column starts from."""
    return student.base or matrix.base


def recipe_of(matrix: Matrix, student: StudentPlan) -> Use:
    """Give the recipe that trains a column."""
    return student.recipe or matrix.recipe


def defence_use(defence: DefencePlan) -> Use:
    """Name a defence's plug-in."""
    return Use(use=defence.use, options=defence.options)


def doses(matrix: Matrix, defence: str) -> tuple[int, ...]:
    """Doses of a row, ascending; the undefended teacher has more, for the curve that others are held against."""
    more = matrix.curve_budgets if defence == NONE else ()
    return tuple(sorted({*matrix.budgets, *more}))


def rows_of(matrix: Matrix) -> tuple[str, ...]:
    """Names of the rows, the undefended teacher first."""
    return (NONE, *(defence.name for defence in matrix.defence))


def columns_of(matrix: Matrix, defence: str) -> Sequence[StudentPlan]:
    """Students of a row: all, but only the first for a control."""
    controls = {row.name for row in matrix.defence if row.control}
    return matrix.student[:1] if defence in controls else matrix.student


def _check_names(matrix: Matrix, where: str) -> None:
    if not matrix.defence or not matrix.student:
        raise PlanError(f"{where}: a matrix needs at least one [[defence]] and one [[student]]")
    for kind, names in (
        ("defence", [row.name for row in matrix.defence]),
        ("student", [column.name for column in matrix.student]),
    ):
        for name in names:
            if not NAME.fullmatch(name) or name in (NONE, "teacher"):
                raise PlanError(
                    f"{where}: {kind} '{name}': a name holds small letters, digits and '-', and is neither 'none' (the "
                    "undefended teacher, always there) nor 'teacher'"
                )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PlanError(f"{where}: {kind} '{twice[0]}' is named twice; give each a name of its own")


def _check_threat(matrix: Matrix, where: str) -> None:
    """A defence is judged against a stated distiller or not at all (arXiv 2606.25059)."""
    for key in ("interface", "data_budget"):
        if not getattr(matrix.threat, key).strip():
            raise PlanError(
                f"{where}: threat.{key} is empty; say in words what the distiller has: it stands under every figure"
            )
    adaptive = any(student.tactic != "passive" for student in matrix.student)
    if adaptive != matrix.threat.adaptive:
        raise PlanError(
            f"{where}: threat.adaptive is {str(matrix.threat.adaptive).lower()}, but the students are "
            f"{'adaptive' if adaptive else 'all passive'}; say what they are, or list other students"
        )


def _check_doses(matrix: Matrix, where: str) -> None:
    if len(matrix.seeds) < LEAST_SEEDS:
        raise PlanError(
            f"{where}: seeds: {len(matrix.seeds)} found; defences are compared seed by seed, which needs {LEAST_SEEDS}"
        )
    if matrix.curve_budgets and len(doses(matrix, NONE)) < CURVE_DOSES:
        raise PlanError(
            f"{where}: curve_budgets and budgets make {len(doses(matrix, NONE))} doses of the undefended teacher; a "
            f"curve needs {CURVE_DOSES}: add some, or leave curve_budgets out"
        )
    if not 0 < matrix.contained_below < 1:
        raise PlanError(f"{where}: contained_below is a share of the gap in (0, 1), found {matrix.contained_below}")
    if min(matrix.regression_items, matrix.decoys) < 1:
        raise PlanError(f"{where}: regression_items and decoys must be at least 1")


def _check_students(matrix: Matrix, where: str) -> None:
    first = matrix.student[0]
    if first.tactic != "passive":
        raise PlanError(
            f"{where}: the first student must be passive, found '{first.tactic}'; every gap is measured from it"
        )
    for student in matrix.student:
        tactic_of(student, where)
        if (student.base is None) != (student.recipe is None):
            raise PlanError(
                f"{where}: student '{student.name}': base and recipe go together, since the floor must be the base "
                "that the recipe starts from; give both or neither"
            )
        if student.tactic == "two-teachers" and matrix.second_teacher is None:
            raise PlanError(f"{where}: student '{student.name}' needs a [second_teacher] to learn from")
