"""Is this suspect a student of one of these teachers? The whole test, from answers to words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.lineage import ClaimResult, Confounder, PanelAudit, TeacherVerdict
from angelshare.core.records import Evidence, Number, Refusal
from angelshare.lineage.answers import AnswerSet, Member, Panel, shared_prompts
from angelshare.lineage.audit import audit_of, clopper_pearson, panel_scorer
from angelshare.lineage.bags import Likeness, likeness
from angelshare.lineage.conformal import Elsewhere, Ranks, attainable, ranks, scores_elsewhere
from angelshare.lineage.contrast import exhibits
from angelshare.lineage.decide import word_of
from angelshare.lineage.drift import confounders
from angelshare.lineage.equality import same_model
from angelshare.lineage.families import Cast, cast_of
from angelshare.lineage.features import PhraseCounts, phrase_counts
from angelshare.lineage.scores import Scorer
from angelshare.lineage.views import View
from angelshare.lineage.words_of_lineage import ALTERNATIVES, NOT_SHOWN, sentence_of

LEAST_PROMPTS = 40
"""Shared prompts below which no test is made."""
CUT_SHORT = 0.25
"""Share of truncated replies above which a caution is printed."""


@dataclass(frozen=True, slots=True)
class LineageFindings:
    """What the test found: the parts of a LineageReport that come from answers."""

    verdicts: Sequence[TeacherVerdict]
    none_of_them: Number
    claims: Sequence[ClaimResult]
    n_prompts: int
    laundered: Sequence[Evidence]
    panel: PanelAudit
    confounders: Sequence[Confounder]
    not_shown: Sequence[str]
    alternatives: Sequence[str]
    sentence: str
    cautions: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Look:
    """One view of all the replies."""

    counted: PhraseCounts
    bags: Likeness
    scorer: Scorer
    elsewhere: Elsewhere
    ranks: Ranks


def lineage_test(
    suspect: AnswerSet,
    teachers: Sequence[Member],
    panel: Panel,
    *,
    siblings: Sequence[Member] = (),
    elsewhere: Sequence[tuple[Sequence[Member], Panel]] = (),
    alpha: float = 0.05,
    seed: int = 0,
    advance: Callable[[str], None] | None = None,
) -> LineageFindings:
    """Test whether a suspect was taught by one of these teachers.

    Args:
        suspect: the answers of the model in question.
        teachers: candidates with their answers; those of one family are taken together.
        panel: documented models that answered the same prompts; untaught ones are the null.
        siblings: models of the suspect's base that no candidate taught; they join the panel.
        elsewhere: teachers and panels that answered other prompts, for null projects beyond those of `panel`.
        alpha: level of the test.
        seed: deals prompts into bags.
        advance: told the name of each step.

    Raises PlanError if prompts differ, fewer than `LEAST_PROMPTS` are shared, or there is no teacher or null.
    """
    step = advance or (lambda _: None)
    panel = Panel((*panel.members, *siblings))
    cast, sets = cast_of(suspect, teachers, panel)
    prompts = _prompts(sets, cast)
    step("replies as they are")
    raw = _look(cast, sets, prompts, view="raw", elsewhere=elsewhere, seed=seed)
    step("replies with their format taken off")
    bare = _look(cast, sets, prompts, view="laundered", elsewhere=elsewhere, seed=seed)
    step("the panel")
    audit = audit_of(raw.scorer, panel, alpha=alpha, elsewhere=raw.elsewhere)
    drift = confounders(suspect, sets[1:], prompts)
    verdicts = _verdicts(raw, bare, drift, alpha=alpha)
    return LineageFindings(
        verdicts=verdicts,
        none_of_them=_none_share(raw),
        claims=[*_excluded(suspect, teachers, panel, prompts), *_tested(verdicts)],
        n_prompts=len(prompts),
        laundered=[_evidence(bare, place, "laundered text") for place in range(len(cast.families))],
        panel=audit,
        confounders=drift,
        not_shown=NOT_SHOWN,
        alternatives=ALTERNATIVES,
        sentence=sentence_of(suspect.name, verdicts, int(raw.ranks.nulls[0]), alpha),
        cautions=[*audit.cautions, *_cautions(suspect, prompts, drift)],
    )


def _prompts(sets: Sequence[AnswerSet], cast: Cast) -> list[str]:
    prompts = shared_prompts(sets)
    if not cast.families:
        raise PlanError("no teachers: give the answers of at least one candidate")
    if not cast.nulls():
        raise PlanError(
            "no null: the panel has no model documented as taught by none of the candidates (taught_by = [])"
        )
    if len(prompts) < LEAST_PROMPTS:
        fewest = min(sets, key=lambda one: len(one.replies))
        raise PlanError(
            f"{len(prompts)} prompts are answered by all {len(sets)} models; the test needs "
            f"{LEAST_PROMPTS}, and 400 for the power in docs/lineage.md ('{fewest.name}' has the fewest answers: "
            f"{len(fewest.replies)})"
        )
    return prompts


def _look(
    cast: Cast,
    sets: Sequence[AnswerSet],
    prompts: Sequence[str],
    *,
    view: View,
    elsewhere: Sequence[tuple[Sequence[Member], Panel]],
    seed: int,
) -> _Look:
    counted = phrase_counts(sets, prompts, view)
    bags = likeness(counted.counts, len(sets), rng=np.random.default_rng(seed))
    scorer = Scorer(cast, bags.of_models())
    foreign = null_scores(elsewhere, view=view, seed=seed)
    return _Look(counted, bags, scorer, foreign, ranks(scorer, 0, foreign))


def null_scores(
    elsewhere: Sequence[tuple[Sequence[Member], Panel]], *, view: View, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Give the standardised scores of untaught projects in other sets of prompts; a project's first set counts."""
    found: dict[str, NDArray[np.float64]] = {}
    for teachers, panel in elsewhere:
        scorer, _ = panel_scorer(teachers, panel, view=view, seed=seed)
        found = scores_elsewhere(scorer) | found
    return found


def _verdicts(raw: _Look, bare: _Look, drift: Sequence[Confounder], *, alpha: float) -> list[TeacherVerdict]:
    found, cast = raw.ranks, raw.scorer.cast
    verdicts = []
    for place, family in enumerate(found.families):
        floor = attainable(int(found.nulls[place]))
        other = bare.ranks.families.index(family)
        power = power_of(raw.scorer, family, alpha=alpha, elsewhere=raw.elsewhere)
        rivals = np.delete(found.standardised, place)
        margin = float(found.standardised[place] - rivals.max()) if rivals.size else None
        word, reasons = word_of(
            float(found.p_value[place]), float(bare.ranks.p_value[other]),
            attainable_p=floor, margin=margin, power=power, drift=drift, alpha=alpha,
        )  # fmt: skip
        verdicts.append(
            TeacherVerdict(
                teacher=family, verdict=word, p_value=float(found.p_value[place]),
                p_unadjusted=float(found.p_unadjusted[place]), attainable_p=floor, power=power,
                score=float(found.scores[place]), margin=margin,
                versions=_versions(raw, family),
                panel_scores=dict(found.null_scores),
                evidence=[_evidence(raw, place, "text as it is"), _evidence(bare, other, "laundered text")],
                exhibits=exhibits(raw.counted, cast, family) if place == 0 else (), reasons=reasons,
            )
        )  # fmt: skip
    return verdicts


def power_of(scorer: Scorer, family: str, *, alpha: float, elsewhere: Elsewhere) -> Number:
    """Give the share of documented students of a family that the test finds, each with its own project left out."""
    cast = scorer.cast
    students = [row for row, taught in enumerate(cast.taught) if taught and family in taught]
    found = 0
    for row in students:
        result = ranks(scorer, row, elsewhere)
        found += result.p_value[result.families.index(family)] <= alpha
    if not students:
        return Refusal(refused=f"the panel has no documented student of {family}")
    return clopper_pearson(int(found), len(students), unit=f"documented students of {family}")


def _versions(look: _Look, family: str) -> dict[str, float]:
    """Give the likeness of the suspect to each version of a family, less that to all teachers."""
    cast, mine = look.scorer.cast, look.scorer.gram[0]
    everyone = [row for row, teaches in enumerate(cast.teaches) if teaches]
    middle = float(mine[everyone].mean())
    return {cast.names[row]: float(mine[row]) - middle for row in everyone if cast.teaches[row] == family}


def _evidence(look: _Look, place: int, text: str) -> Evidence:
    found, nulls = look.ranks, int(look.ranks.nulls[place])
    return Evidence(
        test=f"conformal rank of {found.families[place]} on {text}, largest score over {len(found.families)} teachers",
        statistic=float(found.standardised[place]), p_value=float(found.p_value[place]), n=nulls,
        null=f"the suspect is exchangeable with {nulls} comparison projects: untaught models, teachers of other houses",
    )  # fmt: skip


def _none_share(look: _Look) -> Number:
    """Give the share of the suspect's bags that score higher for `none` than for any family."""
    dual = look.scorer.dual(frozenset())
    scores: NDArray[np.float64] = look.bags.of_bags()[0] @ dual
    hits = int((scores[:, -1] >= scores[:, :-1].max(axis=1)).sum())
    return clopper_pearson(hits, len(scores), unit="bags of replies")


def _excluded(
    suspect: AnswerSet, teachers: Sequence[Member], panel: Panel, prompts: Sequence[str]
) -> list[ClaimResult]:
    why = "from answers alone weights are not seen; import the result of a tool that compares weights"
    return [
        same_model(suspect, teachers, panel, prompts),
        ClaimResult(claim="derived weights", outcome="not tested", evidence=(), why=why),
    ]


def _tested(verdicts: Sequence[TeacherVerdict]) -> list[ClaimResult]:
    evidence = [one.evidence[0] for one in verdicts]
    return [
        ClaimResult(claim="taught by a family", outcome="tested", evidence=evidence, why="see the verdicts"),
        ClaimResult(claim="taught by a version", outcome="not tested", evidence=(), why="versions are too alike"),
        ClaimResult(claim="a mixture", outcome="not tested", evidence=(), why="no interval of shares holds yet"),
    ]  # fmt: skip


def _cautions(suspect: AnswerSet, prompts: Sequence[str], drift: Sequence[Confounder]) -> list[str]:
    cautions = [
        f"{one.name} of the suspect is outside the range of the panel: {one.suspect}, {one.panel} there"
        for one in drift
        if one.outside
    ]
    cut = float(np.mean([suspect.replies[prompt].truncated for prompt in prompts]))
    if cut > CUT_SHORT:
        cautions.append(f"{cut:.0%} of the suspect's replies were cut short; cut all models' replies alike")
    if not any(suspect.replies[prompt].prompt_sha256 for prompt in prompts):
        cautions.append("the files have no hashes of the prompts: that all were asked the same is taken on trust")
    return cautions
