"""Reading a plan and refusing, before anything is spent, what cannot be done."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Sequence

from angelshare.core.errors import PlanError
from angelshare.core.records import CONTROL_ARMS, ArmKind, Plan
from angelshare.core.strict import decode_toml, encode

TEACHER_ARMS: tuple[ArmKind, ...] = ("answers", "traces", "logits", "corrupted", "gold_all")
"""Arms a plan may list: those that learn from the teacher, and unlimited gold for comparison."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What a plan may be called: its run folder begins with the name."""


def parse_plan(text: str, where: str) -> Plan:
    """Decode and check a plan; `where` names the file in messages."""
    plan = decode_toml(text, Plan, where)
    check_plan(plan, where)
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


def check_plan(plan: Plan, where: str) -> None:
    """Refuse a plan that cannot be done; raises PlanError."""
    if not NAME.fullmatch(plan.name):
        raise PlanError(
            f"{where}: name: the run folder begins with it, so it may hold only letters, digits, '.', '_' and '-', "
            f"a letter or digit first, lest the run be written elsewhere; found '{plan.name}'"
        )
    _check_doses(plan.budgets, plan.seeds, where)
    _check_arms(plan, where)
    _check_own_doses(plan, where)
    _check_numbers(plan, where)
    _check_money(plan, where)


def _check_doses(doses: Sequence[int] | None, seeds: Sequence[int] | None, where: str) -> None:
    if doses is not None and (not doses or min(doses) < 1 or _repeats(doses)):
        raise PlanError(
            f"{where}: budgets must list at least one positive number of queries, each once, found {list(doses)}"
        )
    if seeds is not None and (not seeds or min(seeds) < 0 or _repeats(seeds)):
        raise PlanError(f"{where}: seeds must list at least one seed, none negative, each once, found {list(seeds)}")


def _check_own_doses(plan: Plan, where: str) -> None:
    for kind, own in plan.arm.items():
        if kind not in (*plan.arms, *CONTROL_ARMS):
            raise PlanError(f"{where}: arm.{kind}: this plan has no such arm")
        _check_doses(own.budgets, own.seeds, f"{where}: arm.{kind}")
        for name, mine, all_of in (("budgets", own.budgets, plan.budgets), ("seeds", own.seeds, plan.seeds)):
            stray = sorted(set(mine or ()) - set(all_of))
            if stray:
                raise PlanError(f"{where}: arm.{kind}: {name} {stray} are not among the plan's {list(all_of)}")


def _repeats(values: Sequence[object]) -> bool:
    return len(set(values)) != len(values)


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
    if not plan.elicitation or _repeats(plan.elicitation):
        found = list(plan.elicitation)
        raise PlanError(f"{where}: elicitation must list at least one way of asking, each once, found {found}")
    for name, count in plan.public_labels.items():
        _not_negative(count, f"{where}: public_labels.{name}")
    if plan.authorisation is not None:
        _date(plan.authorisation.until, f"{where}: authorisation.until")


def _check_money(plan: Plan, where: str) -> None:
    for price in plan.prices:
        place = f"{where}: prices: {price.model}"
        _date(price.on, f"{place}: on")
        _not_negative(price.usd_per_million_in, f"{place}: usd_per_million_in")
        _not_negative(price.usd_per_million_out, f"{place}: usd_per_million_out")
    for field in dataclasses.fields(plan.limits):
        _not_negative(getattr(plan.limits, field.name), f"{where}: limits.{field.name}")


def _not_negative(value: float, where: str) -> None:
    if value < 0:
        raise PlanError(f"{where} must not be negative, found {value}")


def _date(text: str, where: str) -> None:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise PlanError(f"{where}: expected an ISO date such as 2026-12-31, found '{text}'") from None
