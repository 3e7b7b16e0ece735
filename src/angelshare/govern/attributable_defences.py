"""The same campaign against a defence: its curve measured in an audit, or its effect on the campaign assumed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from angelshare.core.audit import Audit
from angelshare.core.delay import DefendedDelay
from angelshare.core.records import ArmKind, Refusal
from angelshare.govern.attributable_curve import DoseCurve, read_curve
from angelshare.govern.attributable_result import Drawn, evaluate
from angelshare.govern.campaign import AssumedDefence, Campaign
from angelshare.stats.panel import FloatArray

HIDING: Mapping[ArmKind, Mapping[str, ArmKind]] = {
    "traces": {"hide reasoning traces": "answers"},
    "logits": {"no logprobs": "traces", "no logprobs, hide reasoning traces": "answers"},
}
"""By undefended arm: defences that show less, and the arm of the same audit that learned from what is left."""


def measured_defences(audit: Audit, arm: ArmKind, drawn: Drawn, *, runs: Mapping[str, Audit]) -> list[DefendedDelay]:
    """Put the arm that saw less, and then every run named, in place of the curve; the campaign stays.

    Args:
        audit: the undefended audit.
        arm: its arm.
        drawn: the same as without a defence.
        runs: audits behind a defence, by the defence's name.
    """
    out = []
    for name, kind in HIDING.get(arm, {}).items():
        if any(row.arm == kind for row in audit.arms):
            note = f"the arm '{kind}' of the same audit in place of '{arm}'"
            out.append(_defended(name, read_curve(audit, kind), drawn, note=note))
    for name, run in runs.items():
        own = run.header.headline_arm
        note = f"the arm '{own}' of the audit '{run.run}'"
        if (run.header.task, run.header.base) != (audit.header.task, audit.header.base):
            note += "; its task or base is another, so the two differ by more than the defence"
        out.append(_defended(name, read_curve(run, own), drawn, note=note))
    return out


def assumed_defences(campaign: Campaign, curve: DoseCurve | Refusal, drawn: Drawn) -> list[DefendedDelay]:
    """Change the campaign as each of its assumed defences says; the curve stays."""
    out = []
    for defence in campaign.defences:
        done = evaluate(drawn._replace(values=_changed(defence, drawn.values)), curve)
        out.append(
            DefendedDelay(
                defence=defence.name, measured=False, months_saved=done.saved, days_to_target=done.days_to_50,
                note=_note(defence, budgeted="budget_usd" in drawn.values),
            )
        )  # fmt: skip
    return out


def _defended(name: str, curve: DoseCurve | Refusal, drawn: Drawn, *, note: str) -> DefendedDelay:
    done = evaluate(drawn, curve)
    return DefendedDelay(
        defence=name, measured=True, months_saved=done.saved, days_to_target=done.days_to_50, note=note
    )


def _changed(defence: AssumedDefence, values: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    changed = dict(values)
    for name, most in (("requests_per_account_day", defence.requests_per_account_day), ("days", defence.days)):
        if most is not None:
            changed[name] = np.minimum(values[name], most)
    for name in ("usd_per_million_out", "usd_per_million_in"):
        if defence.price_times is not None:
            changed[name] = values[name] * defence.price_times
    return changed


def _note(defence: AssumedDefence, *, budgeted: bool) -> str:
    parts = []
    if defence.requests_per_account_day is not None:
        parts.append(f"at most {defence.requests_per_account_day:g} exchanges per account and day")
    if defence.days is not None:
        parts.append(f"campaign stopped after {defence.days:g} days; the rate before is unchanged")
    if defence.price_times is not None:
        effect = "the budget buys less" if budgeted else "no budget is stated, so only the bill changes"
        parts.append(f"prices times {defence.price_times:g}: {effect}")
    return f"{'; '.join(parts)} ({defence.source.title})"
