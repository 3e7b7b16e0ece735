"""Reading a plan and refusing, before anything is spent, what cannot be done."""

from __future__ import annotations

import datetime as dt
import hashlib

from angelshare.core.errors import PlanError
from angelshare.core.records import CONTROL_ARMS, ArmKind, Plan
from angelshare.core.strict import decode_toml, encode

TEACHER_ARMS: tuple[ArmKind, ...] = ("answers", "traces", "logits", "corrupted", "gold_all")
"""Arms a plan may list: those that learn from the teacher, and unlimited gold for comparison."""


def parse_plan(text: str, where: str) -> Plan:
    """Decode and check a plan; `where` names the file in messages."""
    plan = decode_toml(text, Plan, where)
    _check(plan, where)
    return plan


def plan_hash(plan: Plan) -> str:
    """SHA-256 of the plan as decoded, so comments and order of keys do not matter."""
    return hashlib.sha256(encode(plan)).hexdigest()


def controls(plan: Plan) -> tuple[ArmKind, ...]:
    """List the controls this plan runs: all, less those left out, and `open` only with an open teacher."""
    return tuple(
        kind
        for kind in CONTROL_ARMS
        if kind not in plan.leave_out and (kind != "open" or plan.open_teacher is not None)
    )


def budgets(plan: Plan, kind: ArmKind) -> tuple[int, ...]:
    """Doses of an arm, ascending."""
    own = plan.arm[kind].budgets if kind in plan.arm else None
    return tuple(sorted(set(plan.budgets if own is None else own)))


def seeds(plan: Plan, kind: ArmKind) -> tuple[int, ...]:
    """Seeds of an arm."""
    own = plan.arm[kind].seeds if kind in plan.arm else None
    return tuple(plan.seeds if own is None else own)


def labels_public(plan: Plan, domain: str) -> int:
    """Reference labels of `domain` that anyone could have without the teacher."""
    return plan.public_labels.get(domain, plan.public_labels.get("default", 0))


def _check(plan: Plan, where: str) -> None:
    _check_doses(plan, where)
    _check_arms(plan, where)
    for kind, own in plan.arm.items():
        if kind not in (*plan.arms, *CONTROL_ARMS):
            raise PlanError(f"{where}: arm.{kind}: this plan has no such arm")
        for name, mine, all_of in (("budgets", own.budgets, plan.budgets), ("seeds", own.seeds, plan.seeds)):
            stray = sorted(set(mine or ()) - set(all_of))
            if stray:
                raise PlanError(f"{where}: arm.{kind}: {name} {stray} are not among the plan's {list(all_of)}")
    _check_numbers(plan, where)


def _check_doses(plan: Plan, where: str) -> None:
    if not plan.budgets or min(plan.budgets) < 1:
        found = list(plan.budgets)
        raise PlanError(f"{where}: budgets must list at least one positive number of queries, found {found}")
    if not plan.seeds or len(set(plan.seeds)) != len(plan.seeds):
        raise PlanError(f"{where}: seeds must list at least one seed, each once, found {list(plan.seeds)}")


def _check_arms(plan: Plan, where: str) -> None:
    for kind in plan.arms:
        if kind not in TEACHER_ARMS:
            valid = ", ".join(TEACHER_ARMS)
            raise PlanError(f"{where}: '{kind}' is not an arm to list; controls run by themselves. Valid: {valid}")
    if not set(plan.arms) - {"gold_all", "corrupted"}:
        raise PlanError(
            f"{where}: arms needs one that learns from the teacher's own replies: answers, traces or logits"
        )
    if plan.headline is not None and plan.headline not in plan.arms:
        raise PlanError(f"{where}: headline '{plan.headline}' is not among arms {list(plan.arms)}")
    for kind in plan.leave_out:
        if kind not in CONTROL_ARMS:
            raise PlanError(f"{where}: leave_out: '{kind}' is not a control; valid: {', '.join(CONTROL_ARMS)}")


def _check_numbers(plan: Plan, where: str) -> None:
    if not 0.5 <= plan.level < 1:  # noqa: PLR2004 - a level
        raise PlanError(f"{where}: level must be in [0.5, 1), found {plan.level}")
    if min(plan.items, plan.ring_items, plan.teacher_draws) < 1:
        raise PlanError(f"{where}: items, ring_items and teacher_draws must be at least 1")
    for name, count in plan.public_labels.items():
        if count < 0:
            raise PlanError(f"{where}: public_labels.{name} must not be negative, found {count}")
    if plan.authorisation is not None:
        _date(plan.authorisation.until, f"{where}: authorisation.until")
    for price in plan.prices:
        _date(price.on, f"{where}: prices: {price.model}: on")


def _date(text: str, where: str) -> None:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise PlanError(f"{where}: expected an ISO date such as 2026-12-31, found '{text}'") from None
