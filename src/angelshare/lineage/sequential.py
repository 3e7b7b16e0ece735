"""Look after every prompt and stop when sure: a bet that the suspect sounds taught more often than the null projects.

The null is not one half. Projects that nobody taught differ in how often they sound like a teacher, so a bet against
one half is won against half of them. Here the bet is against the upper quantile of the null projects' own rates. Half
of alpha pays for a suspect that lies beyond that quantile by chance, half for the bet (a union bound).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.records import Evidence, Refusal
from angelshare.lineage.answers import AnswerSet, Member, Panel, shared_prompts
from angelshare.lineage.families import Cast, cast_of
from angelshare.lineage.features import phrase_counts
from angelshare.lineage.views import View
from angelshare.stats.betting import log_wealth

SMOOTH = 0.5
"""Uses added to every phrase of a profile, of about as many uses as one model has."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a bet went."""

    wealth: NDArray[np.float64]
    """(P,) ln wealth after each prompt."""

    ceiling: float
    """Rate of the null that was bet against."""

    needed: float
    """ln wealth at which the null is rejected."""

    @property
    def stopped(self) -> int | None:
        """Prompts after which the null was rejected; None if it never was."""
        hits = np.flatnonzero(self.wealth >= self.needed)
        return int(hits[0]) + 1 if hits.size else None


def sequential_test(
    suspect: AnswerSet,
    teachers: Sequence[Member],
    panel: Panel,
    *,
    family: str,
    alpha: float = 0.05,
    view: View = "raw",
    seed: int = 0,
) -> Evidence | Refusal:
    """Test one teacher after every prompt; the p-value holds whenever one stops.

    Args:
        suspect: the answers of the model in question.
        teachers: candidates with their answers.
        panel: documented models that answered the same prompts.
        family: the teacher in question, named beforehand; several need a level that is shared out among them.
        alpha: level of the test.
        view: text as it is, or with its format taken off.
        seed: puts the prompts in order, as if they had been drawn one by one.

    Refused where the null projects are too few for `alpha`. Raises PlanError for a family that is no candidate.
    """
    cast, sets = cast_of(suspect, teachers, panel)
    if family not in cast.families:
        raise PlanError(f"no candidate named '{family}'; candidates: {cast.families}")
    prompts = shared_prompts(sets)
    if not prompts:
        raise PlanError("no prompt is answered by the suspect, all teachers and all models of the panel")
    counted = phrase_counts(sets, prompts, view)
    order = np.random.default_rng(seed).permutation(len(prompts))
    won, rates = judged(counted.counts, cast, family)
    course = course_of(won[order], rates, alpha)
    if isinstance(course, Refusal):
        return course
    highest = max(float(course.wealth.max()), 0.0)
    return Evidence(
        test=f"bet on replies that sound like {family}, valid at any stopping time",
        statistic=float(course.wealth[-1]), p_value=min(1.0, alpha / 2 + float(np.exp(-highest))),
        n=len(prompts),
        null=f"the suspect's replies sound like {family} at most as often ({course.ceiling:.2f} of prompts) as "
        "those of all but the highest of the null projects",
        caution=f"half of the level is spent on the choice of that rate, so no p-value is below {alpha / 2:g}",
    )  # fmt: skip


def course_of(won: NDArray[np.bool_], rates: NDArray[np.float64], alpha: float) -> Course | Refusal:
    """Bet on one model, prompt by prompt.

    Args:
        won: (P,) whether its reply sounds more like the teacher than the middle null's; in an order drawn at random.
        rates: (N,) the same as a rate for each null project, judged by a fit that did not see it.
        alpha: level.

    Wealth is that of a bet on rates above the ceiling (stats/betting.py), which no lower rate can win on average. The
    ceiling is the null rate that an exchangeable project exceeds with probability at most alpha / 2 (Vovk et al. 2005).
    """
    above = int(np.floor(alpha / 2 * (len(rates) + 1)))
    if above < 1:
        return Refusal(
            refused=f"{len(rates)} null projects; a bet at level {alpha:g} needs {int(np.ceil(2 / alpha)) - 1} of them"
        )
    ceiling = float(np.sort(rates)[-above])
    # half a win more or less keeps the rate inside (0, 1): a null that wins always can only be tied
    ceiling = min(max(ceiling, 0.5 / len(won)), 1 - 0.5 / len(won))
    n = np.arange(1, len(won) + 1)
    wealth = log_wealth(np.cumsum(won), n, law="binomial", rate=ceiling)
    return Course(wealth, ceiling, float(np.log(2 / alpha)))


def judged(counts: sp.csr_matrix, cast: Cast, family: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Give the suspect's (P,) wins and each null project's (N,) share of wins, the mean over its models."""
    nulls = list(cast.nulls().values())
    won = wins(counts, cast, family, [0, *(int(row) for some in nulls for row in some)])
    share = np.split(won[1:].mean(axis=1), np.cumsum([len(some) for some in nulls])[:-1])
    return won[0], np.array([some.mean() for some in share])


def wins(counts: sp.csr_matrix, cast: Cast, family: str, rows: Sequence[int]) -> NDArray[np.bool_]:
    """Tell on which prompts models sound more like a teacher than the middle null project does.

    Args:
        counts: (M * P, V) counts of phrases, row m * P + p model m's reply to prompt p.
        cast: who is who.
        family: the teacher.
        rows: (R,) models; the project of each is in none of the profiles and medians it is judged by.

    Gives (R, P). A reply's score is its mean log ratio of phrase rates, those of the teacher and its documented
    students against every second null project (naive Bayes, Maron 1961, every project alike); the middle is that of the
    other null projects, since phrases of those in the profile are known to it and a new model's are not.
    """
    models = len(cast.names)
    uses = _uses(counts, models)
    nulls = cast.nulls()
    known, fresh = list(nulls)[::2], list(nulls)[1::2]
    null_uses = np.array([uses[nulls[project]].mean(axis=0) for project in known])
    taught = np.array(
        [teaches == family or by == frozenset({family}) for teaches, by in zip(cast.teaches, cast.taught, strict=True)]
    )
    seen = [_seen(cast, row) for row in rows]
    weight = np.array(
        [
            _log_rates(uses[taught & some])
            - _log_rates(null_uses[[project != cast.projects[row] for project in known]])
            for row, some in zip(rows, seen, strict=True)
        ]
    )
    words = np.maximum(np.asarray(counts.sum(axis=1)), 1.0)
    score = (np.asarray(counts @ weight.T) / words).reshape(models, -1, len(rows))
    won = np.empty((len(rows), score.shape[1]), dtype=np.bool_)
    for place, row in enumerate(rows):
        others = [nulls[project] for project in fresh if project != cast.projects[row]]
        middle = np.median([score[some, :, place].mean(axis=0) for some in others], axis=0)
        won[place] = score[row, :, place] > middle
    return won


def _seen(cast: Cast, row: int) -> NDArray[np.bool_]:
    own = cast.projects[row]
    return np.array([place != row and (not own or project != own) for place, project in enumerate(cast.projects)])


def _uses(counts: sp.csr_matrix, models: int) -> NDArray[np.float64]:
    """Give (M, V) uses by model."""
    prompts = counts.shape[0] // models
    place = (np.repeat(np.arange(models), prompts), np.arange(counts.shape[0]))
    gather = sp.csr_matrix((np.ones(counts.shape[0]), place))
    found: NDArray[np.float64] = (gather @ counts).toarray().astype(np.float64)
    return found


def _log_rates(uses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the (V,) log of the mean rate over models or projects, smoothed."""
    mean = uses.mean(axis=0) + SMOOTH
    found: NDArray[np.float64] = np.log(mean / mean.sum())
    return found
