"""Lineage on real students, project by project left out: `python -m benchmarks.lineage [--quick] [--page]`.

The data are for development and are no part of the package; labels are those that the students' makers published.
Ridge, margin, view and pull were chosen while looking at these data, so figures are optimistic.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from angelshare.core.records import Estimate, Refusal
from angelshare.lineage.answers import Member, Panel, shared_prompts
from angelshare.lineage.audit import clopper_pearson, panel_scorer
from angelshare.lineage.conformal import Ranks, ranks, scores_elsewhere
from angelshare.lineage.decide import MARGIN
from angelshare.lineage.scores import Scorer
from angelshare.lineage.views import View
from benchmarks.lineage_data import members

MERGED = {"CHATGPT": "OPENAI2023", "GPT4": "OPENAI2023"}
RESAMPLES = 500
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = "\n## Lineage on real students\n"
"""Where the section begins; it is the last of its page."""
NOTES = """Each student is tested with its own training project left out, by documented labels; the answers are for
development and not part of the package. **The figures are optimistic**: ridge, margin, view and pull were
chosen while looking at these labels. Intervals resample projects, or are Clopper-Pearson's where models are
counted, and where all or none of them hit, with projects as the units. "Figure alone" means that the figure keeps
the goal and the worse end of its interval does not. The goal for false positives asked for 40 untaught models.

Missed: the teacher's family, top-1, and the students of other teachers (4 models); distilled or not over all
teachers, with and without laundering; power at .05 and at .10; the answered share, so that the precision where
answered rests on very few models of one project; the SFT set of the QLoRA students, 28 of 32. Power does not
grow steadily with prompts: with so few comparison projects, level .05 is within about a rank of the smallest p
possible, and one null model above the students ends it. A null project whose smallest possible p is above .05
cannot be called, so the row of false positives says nothing for it. Plain likeness to the nearest teacher, and
a sign test over prompts, show what fails without a null of projects; they are no part of the method."""


class Row(NamedTuple):
    """One figure beside its goal."""

    what: str
    value: float | None
    """None where there is nothing to measure; `n` then says why."""
    low: float | None
    high: float | None
    n: str
    goal: float | None
    """None for what is shown beside the method and is no part of it."""
    at_most: bool = False

    @property
    def figure(self) -> str:
        """Give the figure with its interval, or say that there is none."""
        if self.value is None:
            return "not stated"
        interval = "no interval" if self.low is None or self.high is None else f"{self.low:.2f}, {self.high:.2f}"
        return f"{self.value:.3f} [{interval}]"

    @property
    def wanted(self) -> str:
        """Give the goal in words."""
        return "" if self.goal is None else f"{'at most' if self.at_most else 'at least'} {self.goal:.3g}"

    @property
    def reached(self) -> str:
        """Say whether figure and worse end of the interval keep the goal, the figure alone, or neither."""
        if self.goal is None or self.value is None:
            return "" if self.goal is None else "not shown"
        worse = self.high if self.at_most else self.low
        if not self._keeps(self.value):
            return "no"
        return "yes" if worse is not None and self._keeps(worse) else "figure alone"

    def _keeps(self, value: float) -> bool:
        assert self.goal is not None
        return value <= self.goal if self.at_most else value >= self.goal


class Judged(NamedTuple):
    """Every documented model of the main set, tested with its own project left out."""

    scorer: Scorer
    found: dict[int, Ranks]
    students: list[int]
    untaught: list[int]


def merged(one: Member) -> Member:
    """Take the chat models of one house in 2023 as one family."""
    source = one.source
    taught = None if source.taught_by is None else sorted({MERGED.get(name, name) for name in source.taught_by})
    family = MERGED.get(source.family, source.family)
    return dataclasses.replace(one, source=dataclasses.replace(source, family=family, taught_by=taught))


def split(all_of_them: Sequence[Member], *, prompts: int | None, seed: int) -> tuple[list[Member], Panel]:
    """Part teachers from the panel, on a draw of the prompts."""
    whole = [one for one in all_of_them if len(one.answers.replies) >= 80]
    shared = shared_prompts([one.answers for one in whole])
    kept = set(shared if prompts is None else np.random.default_rng(seed).permutation(shared)[:prompts].tolist())
    cut = [
        dataclasses.replace(one, answers=dataclasses.replace(
            one.answers, replies={name: reply for name, reply in one.answers.replies.items() if name in kept}))
        for one in whole
    ]  # fmt: skip
    return [one for one in cut if one.source.family], Panel([one for one in cut if not one.source.family])


def judge(
    main: Sequence[Member], others: Sequence[Sequence[Member]], *, view: View, prompts: int | None = None, seed: int = 0
) -> Judged:
    """Test every documented model of the main set against null projects of all sets."""
    foreign: dict[str, NDArray[np.float64]] = {}
    for one in others:
        teachers, panel = split(one, prompts=None, seed=seed)
        foreign = scores_elsewhere(panel_scorer(teachers, panel, view=view)[0]) | foreign
    teachers, panel = split(main, prompts=prompts, seed=seed)
    scorer, _ = panel_scorer(teachers, panel, view=view, seed=seed)
    documented = [row for row, taught in enumerate(scorer.cast.taught) if taught is not None]
    found = {row: ranks(scorer, row, foreign) for row in documented}
    students = [row for row in documented if scorer.cast.taught[row]]
    return Judged(scorer, found, students, [row for row in documented if row not in students])


def auc(scores: NDArray[np.float64], taught: NDArray[np.bool_]) -> float:
    """Give the share of pairs in which the taught model scores higher."""
    gap = scores[taught][:, None] - scores[~taught][None, :]
    return float((gap > 0).mean() + (gap == 0).mean() / 2)


def untouched(judged: Judged, row: int) -> float:
    """Give the score of being taught of one model from the fit that left its project out."""
    return float(judged.scorer.detection(frozenset({judged.scorer.cast.projects[row]}))[row])


def detection(judged: Judged, what: str, goal: float, rows: Sequence[int] | None = None) -> Row:
    """Give the AUC of taught against untaught models by our score."""
    students = list(judged.students if rows is None else rows)
    return told_apart(judged, what, goal, students, [untouched(judged, row) for row in [*students, *judged.untaught]])


def told_apart(judged: Judged, what: str, goal: float | None, students: Sequence[int], scores: Sequence[float]) -> Row:
    """Give the AUC of scores of `students` and then of the untaught, projects of either side resampled apart."""
    rng = np.random.default_rng(0)
    everyone, score = [*students, *judged.untaught], np.array(scores)
    side = np.arange(len(everyone)) < len(students)
    projects = np.array([judged.scorer.cast.projects[row] for row in everyone])
    draws = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([
            np.flatnonzero((projects == name) & (side == on))
            for on in (True, False)
            for name in rng.choice(np.unique(projects[side == on]), np.unique(projects[side == on]).size)
        ])  # fmt: skip
        draws.append(auc(score[drawn], side[drawn]))
    low, high = np.quantile(draws, [0.025, 0.975])
    n = f"{len(students)} students of {np.unique(projects[side]).size} projects, {len(judged.untaught)} untaught of {np.unique(projects[~side]).size}"  # noqa: E501 - one label
    return Row(what, auc(score, side), float(low), float(high), n, goal)


def share(judged: Judged, rows: Sequence[int], hits: Sequence[bool], what: str, goal: float) -> Row:
    """Give a share of models with its interval over projects."""
    rng = np.random.default_rng(0)
    if not rows:
        return Row(what, None, None, None, "no model was answered", goal)
    projects = np.array([judged.scorer.cast.projects[row] for row in rows])
    names, hit = np.unique(projects), np.array(hits, dtype=float)
    draws = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([np.flatnonzero(projects == name) for name in rng.choice(names, names.size)])
        draws.append(hit[drawn].mean())
    low, high = np.quantile(draws, [0.025, 0.975])
    if hit.min() == hit.max():  # every resample is the same: what so few projects could hide is in Clopper-Pearson's
        alike = clopper_pearson(names.size if hit[0] else 0, names.size, unit="projects")
        assert not isinstance(alike, Refusal)
        low, high = _ends(alike)
    return Row(what, float(hit.mean()), float(low), float(high), f"{len(rows)} models of {names.size} projects", goal)


def right(judged: Judged, row: int, places: int) -> bool:
    """Tell whether a documented teacher is among the first families."""
    return bool(set(judged.found[row].families[:places]) & (judged.scorer.cast.taught[row] or frozenset()))


def called(judged: Judged, row: int, alpha: float = 0.05) -> bool:
    """Tell whether the first family is named at a level."""
    return bool(judged.found[row].p_value[0] <= alpha + 1e-9)


def sure(judged: Judged, row: int) -> bool:
    """Tell whether the test answers: named, and ahead of the next family."""
    first, second = judged.found[row].standardised[:2]
    return called(judged, row) and float(first - second) >= MARGIN


def attribution(judged: Judged, exact: Judged) -> list[Row]:
    """Give the goals of which teacher."""
    students = judged.students
    others = [row for row in students if "OPENAI2023" not in (judged.scorer.cast.taught[row] or ())]
    answered = [row for row in students if sure(judged, row)]
    return [
        share(judged, students, [right(judged, row, 1) for row in students], "teacher's family, merged, top-1", 0.90),
        share(exact, exact.students, [right(exact, row, 1) for row in exact.students], "exact family, top-1", 0.75),
        share(exact, exact.students, [right(exact, row, 3) for row in exact.students], "exact family, top-3", 0.95),
        share(judged, others, [right(judged, row, 1) for row in others], "other teachers' students, top-1", 0.80),
        share(judged, students, [sure(judged, row) for row in students], "answered share", 0.60),
        share(judged, answered, [right(judged, row, 1) for row in answered], "precision where answered", 0.95),
    ]  # fmt: skip


def false_positives(sets: Sequence[Sequence[Member]], judged: Judged, alpha: float) -> Row:
    """Give the share of untaught models, in all sets, that are called taught with their own project left out."""
    scorers = [panel_scorer(*split(one, prompts=None, seed=0), view="raw")[0] for one in sets[1:]]
    tables = [judged.scorer, *scorers]
    hits = n = 0
    for place, scorer in enumerate(tables):
        foreign: dict[str, NDArray[np.float64]] = {}
        for other, table in enumerate(tables):
            foreign = foreign if other == place else scores_elsewhere(table) | foreign
        rows = [row for row, taught in enumerate(scorer.cast.taught) if taught is not None and not taught]
        hits += sum(bool(ranks(scorer, row, foreign).p_value[0] <= alpha + 1e-9) for row in rows)
        n += len(rows)
    estimate = clopper_pearson(hits, n, unit="untaught models")
    assert not isinstance(estimate, Refusal)
    return Row(f"false-positive rate at {alpha:g}", estimate.value, *_ends(estimate), f"{hits} of {n} untaught models", alpha, at_most=True)  # fmt: skip  # noqa: E501 - one call


def _ends(estimate: Estimate) -> tuple[float, float]:
    return (0.0 if estimate.low is None else estimate.low), (1.0 if estimate.high is None else estimate.high)


def sign_test(main: Sequence[Member]) -> tuple[int, int]:
    """Count pairs of untaught models of different projects that a sign test over prompts tells apart at .05.

    The statistic per prompt is which of the two replies shares more of its words with the teachers' replies.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - here alone

    whole = [one for one in main if len(one.answers.replies) >= 80]
    prompts = shared_prompts([one.answers for one in whole])[::4]
    teachers = [one for one in whole if one.source.family]
    rows = {}
    spoken = {prompt: [set(one.answers.replies[prompt].text.lower().split()) for one in teachers] for prompt in prompts}
    for one in Panel(whole).untaught():
        words = [(set(one.answers.replies[prompt].text.lower().split()), spoken[prompt]) for prompt in prompts]
        rows[one.name, one.project] = np.array([
            np.mean([len(mine & other) / max(len(mine | other), 1) for other in theirs]) for mine, theirs in words
        ])  # fmt: skip
    names = list(rows)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if a[1] != b[1]]
    rejected = 0
    for first, second in pairs:
        gap = rows[first] - rows[second]
        rejected += binomtest(int((gap > 0).sum()), int((gap != 0).sum()), 0.5).pvalue <= 0.05
    return rejected, len(pairs)


def similarity(judged: Judged) -> Row:
    """Give the AUC of plain likeness to the nearest teacher, the field's usual score, without any null."""
    scorer = judged.scorer
    teachers = [row for row, family in enumerate(scorer.cast.teaches) if family]
    everyone = [*judged.students, *judged.untaught]
    scores = [float(scorer.gram[row, teachers].max()) for row in everyone]
    return told_apart(judged, "likeness to the nearest teacher, AUC, without a null", None, judged.students, scores)


def sft_sets(controlled: Sequence[Member]) -> Row:
    """Name the SFT set of each of 32 students by its likeness to those of the other sizes."""
    whole = [
        one for one in controlled if not one.source.family and one.name.split("-")[0] in {"7b", "13b", "30b", "65b"}
    ]
    scorer, _ = panel_scorer([], Panel(whole), view="raw")
    size = np.array([one.name.split("-", 1)[0] for one in whole])
    kind = np.array([one.name.split("-", 1)[1] for one in whole])
    hits = 0
    for row in range(len(whole)):
        mean = {name: scorer.gram[row, (kind == name) & (size != size[row])].mean() for name in np.unique(kind)}
        hits += max(mean, key=lambda name: mean[name]) == kind[row]
    estimate = clopper_pearson(hits, len(whole), unit="students")
    assert not isinstance(estimate, Refusal)
    return Row("which SFT set, size left out", estimate.value, *_ends(estimate), f"{hits} of {len(whole)}", 30 / 32)


def table(*, quick: bool) -> list[Row]:
    """Make every row; `quick` takes 200 prompts and leaves the sweeps out."""
    exact_main, *exact_others = [members(name) for name in ("alpacaeval", "mtbench", "qlora_vicuna80")]
    main, *others = [[merged(one) for one in some] for some in (exact_main, *exact_others)]
    size = 200 if quick else None
    raw = judge(main, others, view="raw", prompts=size)
    rows = [
        detection(raw, "distilled or not, AUC, all teachers", 0.98),
        detection(raw, "the same, 2023 models", 0.98, _of_2023(raw)),
    ]
    rows += attribution(raw, judge(exact_main, exact_others, view="raw", prompts=size))
    rows += [false_positives([main, *others], raw, alpha) for alpha in (0.05, 0.1)]
    rows.append(
        share(
            raw,
            raw.students,
            [called(raw, row) for row in raw.students],
            f"power at .05, {size or 'all'} prompts",
            0.70,
        )
    )
    hits = [bool(raw.found[row].p_value[0] <= 0.1) for row in raw.students]
    rows.append(share(raw, raw.students, hits, f"power at .10, {size or 'all'} prompts", 0.70))
    rows.append(sft_sets(exact_others[1]))
    rows.append(similarity(raw))
    if quick:
        return rows
    bare = judge(main, others, view="laundered")
    rows += [
        detection(bare, "after laundering, AUC, all teachers", 0.95),
        detection(bare, "after laundering, 2023 models", 0.95, _of_2023(bare)),
    ]
    for some in (100, 200, 400):
        part = judge(main, others, view="raw", prompts=some)
        rows.append(
            share(
                part, part.students, [called(part, row) for row in part.students], f"power at .05, {some} prompts", 0.70
            )
        )
        rows.append(
            share(
                part,
                part.students,
                [right(part, row, 1) for row in part.students],
                f"merged top-1, {some} prompts",
                0.77,
            )
        )
    rejected, pairs = sign_test(main)
    rows.append(
        Row(
            "sign test over prompts, untaught pairs called different",
            rejected / pairs,
            None,
            None,
            f"{rejected} of {pairs} pairs, which share models",
            None,
        )
    )
    return rows


def _of_2023(judged: Judged) -> list[int]:
    return [row for row in judged.students if (judged.scorer.cast.taught[row] or frozenset()) & {"OPENAI2023", "TD"}]


def section(rows: Sequence[Row], at: datetime) -> str:
    """Write the section of the page."""
    lines = [f"| {row.what} | {row.figure} | {row.n} | {row.wanted} | {row.reached} |" for row in rows]
    said = f"Figures of `python -m benchmarks lineage` (`--page` renews this section), measured on {at:%Y-%m-%d}."
    return "\n".join(
        [HEAD, said, "", "| what | figure | n | goal | kept |", "|---|---|---|---|---|", *lines, "", NOTES, ""]
    )


def main(given: Sequence[str]) -> None:
    """Print the table."""
    start = time.perf_counter()
    rows = table(quick="--quick" in given)
    for row in rows:
        print(f"{row.what:58} {row.figure}  {row.wanted}  {row.reached}  {row.n}", flush=True)
    print(f"{time.perf_counter() - start:.0f} s")
    if "--page" in given and "--quick" not in given:
        PAGE.write_text(PAGE.read_text().partition(HEAD)[0].rstrip("\n") + "\n" + section(rows, datetime.now(UTC)))


if __name__ == "__main__":
    main(sys.argv[1:])
