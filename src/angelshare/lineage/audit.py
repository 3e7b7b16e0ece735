"""How good a null panel is: what it calls derived among models that nobody taught, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.stats import beta

from angelshare.core.errors import PlanError
from angelshare.core.lineage import PanelAudit
from angelshare.core.records import Estimate, Number, Refusal
from angelshare.lineage.answers import Member, Panel, shared_prompts
from angelshare.lineage.bags import Likeness, likeness
from angelshare.lineage.conformal import NOWHERE, Elsewhere, attainable, ranks
from angelshare.lineage.families import Cast, cast_of
from angelshare.lineage.features import phrase_counts
from angelshare.lineage.scores import Scorer
from angelshare.lineage.views import View

DOMINATES = 0.5
"""Share of the null models above which one project is said to dominate."""
DUPLICATE = 0.95
"""Cosine of two models' contrasts, or share of equal replies, above which they count as one model twice."""
LEVEL = 0.95


def clopper_pearson(hits: int, n: int, *, unit: str) -> Number:
    """Estimate a share with the exact interval of Clopper & Pearson 1934; refused without any trial."""
    if n == 0:
        return Refusal(refused=f"no {unit} to count")
    tail = (1 - LEVEL) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return Estimate(value=hits / n, low=low, high=high, level=LEVEL, n=n, method=f"Clopper-Pearson over {unit}")


def audit_panel(panel: Panel, teachers: Sequence[Member], *, alpha: float = 0.05, seed: int = 0) -> PanelAudit:
    """Test every untaught model of a panel as if it were a suspect, its own project left out, and look for faults.

    Raises PlanError where prompts differ.
    """
    scorer, _ = panel_scorer(teachers, panel, view="raw", seed=seed)
    return audit_of(scorer, panel, alpha=alpha)


def panel_scorer(teachers: Sequence[Member], panel: Panel, *, view: View, seed: int = 0) -> tuple[Scorer, Likeness]:
    """Compare teachers and panel alone; every teacher that taught somebody there counts as a family.

    Raises PlanError where prompts differ or none is shared.
    """
    sets = [one.answers for one in (*teachers, *panel.members)]
    prompts = shared_prompts(sets)
    if not prompts:
        raise PlanError("no prompt is answered by all teachers and all models of the panel")
    whole, _ = cast_of(sets[0], teachers, panel)
    families = sorted({*whole.families, *(name for taught in whole.taught for name in taught or ())})
    cast = Cast(whole.names[1:], whole.projects[1:], families, whole.teaches[1:], whole.vendors[1:], whole.taught[1:])
    bags = likeness(phrase_counts(sets, prompts, view).counts, len(sets), rng=np.random.default_rng(seed))
    return Scorer(cast, bags.of_models()), bags


def audit_of(scorer: Scorer, panel: Panel, *, alpha: float, elsewhere: Elsewhere = NOWHERE) -> PanelAudit:
    """Audit the panel behind a scorer."""
    cast = scorer.cast
    nulls = cast.nulls()
    rows = [int(row) for some in nulls.values() for row in some]
    ranked = set(cast.ranked()) | set(elsewhere)
    floor = attainable(len(ranked))
    called = {row: float(ranks(scorer, row, elsewhere).p_value[0]) <= alpha for row in rows} if len(nulls) > 1 else {}
    projects = [sum(called[int(row)] for row in some) / len(some) for some in nulls.values()] if called else []
    rate = clopper_pearson(sum(share >= 0.5 for share in projects), len(projects), unit="null projects")  # noqa: PLR2004 - the greater part
    bases = Counter(
        next((one.source.base for one in panel.members if one.name == cast.names[int(some[0])]), "") or "unknown"
        for some in nulls.values()
    )
    return PanelAudit(
        projects=len(nulls), models=len(rows), bases=dict(sorted(bases.items())), false_positive_rate=rate,
        attainable_p=floor, cautions=_cautions(scorer, called, alpha=alpha, floor=floor),
    )  # fmt: skip


def _cautions(scorer: Scorer, called: dict[int, bool], *, alpha: float, floor: float) -> list[str]:
    cast, nulls = scorer.cast, scorer.cast.nulls()
    found = []
    if floor > alpha:
        found.append(
            f"the projects to rank among allow no p-value below {floor:.2g}; level {alpha:g} needs "
            f"{int(np.ceil(1 / alpha)) - 1} of them"
        )
    models = sum(len(rows) for rows in nulls.values())
    for project, rows in nulls.items():
        if len(nulls) > 1 and len(rows) > DOMINATES * models:
            found.append(f"project '{project}' has {len(rows)} of the {models} null models")
    found += [
        f"'{cast.names[row]}' is documented as taught by no candidate, but its replies look taught (p <= {alpha:g}): "
        "check its label, or leave it out"
        for row, taken in called.items()
        if taken
    ]
    length = np.sqrt(np.maximum(np.diag(scorer.gram), np.finfo(np.float64).tiny))
    cosine = scorer.gram / length[:, None] / length[None, :]
    for first, second in zip(*np.nonzero(np.triu(cosine > DUPLICATE, 1)), strict=True):
        found.append(f"'{cast.names[first]}' and '{cast.names[second]}' answer as one model would: keep one")
    return found
