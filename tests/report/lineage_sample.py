"""A report of a lineage test, for the tests of pages."""

from __future__ import annotations

import dataclasses

from angelshare.core.lineage import (
    ClaimResult,
    Confounder,
    LineageReport,
    PanelAudit,
    PhraseExhibit,
    TeacherVerdict,
)
from angelshare.core.records import Estimate, Evidence, Refusal

POWER = Estimate(value=0.8, low=0.56, high=0.94, level=0.95, n=20, method="Clopper-Pearson over students")
TEST = Evidence(
    test="conformal rank of rye on text as it is", statistic=3.2, p_value=0.04, n=24, null="nobody taught it"
)


def verdict(**changes):
    one = TeacherVerdict(
        teacher="rye", verdict="derived", p_value=0.04, p_unadjusted=0.04, attainable_p=0.04, power=POWER, score=3.2,
        panel_scores={f"project{n}": (n - 12) / 8 for n in range(24)}, margin=2.1, versions={"rye-1": 0.2},
        evidence=[TEST], reasons=["p = 0.04 at level 0.05"],
        exhibits=[PhraseExhibit(phrase="Well, <then>", suspect=4.0, teacher=6.0, panel=0.5)],
    )  # fmt: skip
    return dataclasses.replace(one, **changes)


def examined(*verdicts, **changes):
    second = verdict(
        teacher="oak", verdict="cannot tell", p_value=0.8, p_unadjusted=0.6, score=-0.3, margin=-3.5, exhibits=(),
        power=Refusal(refused="the panel has no documented student of oak"), reasons=["power is unknown"],
    )  # fmt: skip
    whole = LineageReport(
        suspect="spirit", verdicts=verdicts or [verdict(), second], none_of_them=POWER,
        claims=[ClaimResult(claim="same model", outcome="excluded", evidence=(), why="two replies in 400 are equal"),
                ClaimResult(claim="derived weights", outcome="not tested", evidence=(), why="no weights")],
        n_prompts=400, laundered=[TEST],
        panel=PanelAudit(projects=24, models=30, bases={"grain": 20, "malt": 4}, false_positive_rate=POWER,
                         attainable_p=0.04, cautions=()),
        confounders=[Confounder(name="length", suspect="90 words, median", panel="60 to 140", outside=False)],
        registered="ab" * 32, not_shown=["that an interface was used"], alternatives=["both learnt from a third"],
        sentence="The replies of spirit look like those of models taught by rye. A match is not an accusation.",
        made_at="2026-11-24T10:00:00+00:00", version="0", cautions=["Bear <this> in mind."],
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)
