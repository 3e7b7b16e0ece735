"""How likely a test finds a student, with fewer prompts or null projects than the panel has."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from angelshare.core.errors import PlanError
from angelshare.core.records import Number, Refusal
from angelshare.lineage.answers import Member, Panel, shared_prompts
from angelshare.lineage.audit import panel_scorer
from angelshare.lineage.conformal import NOWHERE, attainable
from angelshare.lineage.study import LEAST_PROMPTS, power_of


def power(
    teachers: Sequence[Member],
    panel: Panel,
    family: str,
    *,
    n_null: int,
    n_prompts: int,
    alpha: float = 0.05,
    seed: int = 0,
) -> Number:
    """Give the share of a teacher's documented students that a smaller test finds, each with its project left out.

    Args:
        teachers: candidates with their answers.
        panel: documented models that answered the same prompts.
        family: the teacher.
        n_null: null projects to keep; a random choice, named by `seed`.
        n_prompts: prompts to keep, chosen alike.
        alpha: level of the test.
        seed: names the choice; other seeds show how much hangs on it.

    Refused where so few projects allow no p-value at the level, or no student is documented. Raises PlanError where the
    panel has fewer null projects or prompts than asked for: a power beyond the data would be a guess.
    """
    prompts = shared_prompts([one.answers for one in (*teachers, *panel.members)])
    nulls = sorted({one.project for one in panel.untaught()})
    if not LEAST_PROMPTS <= n_prompts <= len(prompts):
        raise PlanError(f"{n_prompts} prompts; a test needs {LEAST_PROMPTS}, and {len(prompts)} are answered by all")
    if not 1 <= n_null <= len(nulls):
        raise PlanError(f"{n_null} null projects; the panel has {len(nulls)}")
    others = len({one.family for one in teachers} - {family})
    least = attainable(n_null + others)
    if least > alpha:
        return Refusal(
            refused=f"{n_null} null projects and {others} other teachers allow no p-value below {least:.2g}, above "
            f"the level {alpha:g}"
        )
    rng = np.random.default_rng(seed)
    kept = set(rng.choice(prompts, n_prompts, replace=False).tolist())
    left = set(rng.choice(nulls, n_null, replace=False).tolist())
    members = [one for one in panel.members if one.source.taught_by != [] or one.project in left]
    scorer, _ = panel_scorer(
        [_cut(one, kept) for one in teachers], Panel([_cut(one, kept) for one in members]), view="raw", seed=seed
    )
    return power_of(scorer, family, alpha=alpha, elsewhere=NOWHERE)


def _cut(member: Member, prompts: set[str]) -> Member:
    kept = {prompt: reply for prompt, reply in member.answers.replies.items() if prompt in prompts}
    return dataclasses.replace(member, answers=dataclasses.replace(member.answers, replies=kept))
