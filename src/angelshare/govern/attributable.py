"""Distillation-attributable delay: a recovery curve, a campaign and a slope give months saved and delay left."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import PurePath

import numpy as np

from angelshare.core.audit import Audit
from angelshare.core.delay import Assumption, AttributableDelay, Tornado
from angelshare.core.errors import PlanError
from angelshare.core.records import Estimate, Refusal, Source
from angelshare.govern.attributable_choices import Choices
from angelshare.govern.attributable_curve import DoseCurve, read_curve
from angelshare.govern.attributable_defences import assumed_defences, measured_defences
from angelshare.govern.attributable_inputs import Frontier, Inputs, central_values, choose, draw, gather
from angelshare.govern.attributable_model import dose, months, volume
from angelshare.govern.attributable_result import Drawn, Result, cost, evaluate
from angelshare.govern.attributable_verdict import judge
from angelshare.govern.campaign import Campaign, check_campaign
from angelshare.govern.campaign_terms import THRESHOLDS

LEAST_DRAWS = 200
"""Fewer draws than this leave the ends of an interval to a handful of them."""


def attributable_delay(
    audit: Audit,
    campaign: Campaign,
    frontier: Frontier,
    *,
    choices: Choices | None = None,
    runs: Mapping[str, Audit] | None = None,
) -> AttributableDelay:
    """Estimate how many months distillation saves, by Monte Carlo over stated ranges and measured doubt.

    Args:
        audit: whose recovery curve is used; its attributable part, so a run without controls gives "cannot tell".
        campaign: the description.
        frontier: gap, slope and, if a panel gave one, the lead without distillation.
        choices: settings, switches, arm, level, draws and seed.
        runs: audits of the same capability behind a defence, by the defence's name.

    Raises PlanError for a campaign, setting or choice that cannot be. Formulas: `attributable_model`.
    """
    asked = choices or Choices()
    if not 0.5 <= asked.level < 1 or asked.draws < LEAST_DRAWS:  # noqa: PLR2004 - an interval at less than a half is none
        raise PlanError(f"level {asked.level:g}, draws {asked.draws}: need a level in [0.5, 1) and {LEAST_DRAWS} draws")
    check_campaign(campaign, f"campaign '{campaign.name}'")
    audit, runs = _by_name(audit), {name: _by_name(run) for name, run in (runs or {}).items()}
    arm = asked.arm or audit.header.headline_arm
    curve = read_curve(audit, arm)
    told = Source(title=f"attributable recovery of the arm '{arm}' in the audit '{audit.run}'", url=audit.run)
    inputs = gather(campaign, frontier, audit.header.level, curve_source=told)
    inputs = choose(inputs, asked.settings, asked.without)
    drawn = Drawn(draw(inputs, asked.seed, asked.draws), _missing(inputs), asked.level)
    result = evaluate(drawn, curve)
    tornado = [] if isinstance(curve, Refusal) or drawn.missing else _tornado(inputs, curve)
    verdict, sentence = judge(result, campaign.name, inputs, values=drawn.values, tornado=tornado)
    return AttributableDelay(
        run=audit.run, arm=arm, campaign=campaign.name, months_saved=_cautioned(result, audit, inputs),
        delay_left=result.left, days_to_target=result.days_to_50, days_to_80=result.days_to_80,
        cost_usd=cost(drawn), recovery=result.recovery, beyond_measured=result.beyond,
        verdict=verdict, sentence=sentence, assumptions=inputs.assumptions, tornado=tornado,
        defences=[
            *measured_defences(audit, arm, drawn, runs=runs),
            *assumed_defences(campaign, curve, drawn),
        ],
        draws=asked.draws,
    )  # fmt: skip


def _by_name(audit: Audit) -> Audit:
    """Name an audit by its folder alone: where that lies on a machine is no one else's matter."""
    return dataclasses.replace(audit, run=PurePath(audit.run).name or audit.run)


def _missing(inputs: Inputs) -> str:
    """Say which of gap and slope cannot be had, and why; empty if both can. A refused lag falls back on them."""
    return "; ".join(reason for name, reason in inputs.refused.items() if name != "lag_months")


def _tornado(inputs: Inputs, curve: DoseCurve) -> list[Tornado]:
    """Move each input to its ends with the others at their centres; the widest span first, ties by name."""
    centre = central_values(inputs)
    bars = [
        Tornado(
            assumption=item.name,
            at_low=_saved_at(centre | {item.name: item.low}, curve),
            at_high=_saved_at(centre | {item.name: item.high}, curve),
        )
        for item in inputs.assumptions
        if _moves(item)
    ]
    return sorted(bars, key=lambda bar: (-abs(bar.at_high - bar.at_low), bar.assumption))


def _moves(item: Assumption) -> bool:
    return item.on and item.low < item.high and item.name not in THRESHOLDS


def _saved_at(point: Mapping[str, float], curve: DoseCurve) -> float:
    values = {name: np.array([value]) for name, value in point.items()}
    asked = volume(values)
    recovery = curve.at(dose(values, asked, curve), values["recovery_position"])
    return float(months(values, asked, recovery).saved[0])


def _cautioned(result: Result, audit: Audit, inputs: Inputs) -> Estimate | Refusal:
    """Add what this audit says against the transfer factor, and that a refused lag was replaced."""
    saved = result.saved
    if isinstance(saved, Refusal):
        return saved
    notes = [saved.caution]
    header = audit.header
    for point in audit.points:
        if (point.arm, point.budget) == (header.headline_arm, header.headline_budget):
            held_out = point.held_out
            if isinstance(held_out, Estimate) and (held_out.low is None or held_out.low <= 0):
                notes.append("this audit shows no recovery on domains never queried: transfer is assumed, not measured")
    if "lag_months" in inputs.refused:
        notes.append(f"the lead is the gap over the slope, since the panel gave none: {inputs.refused['lag_months']}")
    return dataclasses.replace(saved, caution="; ".join(note for note in notes if note))
