"""How well honest workloads are recognised and intent ranks campaigns: `python -m benchmarks.detect_twins SEED ...`.

Bounds of the profiles were chosen on seeds below 100; report seeds from 1000. Prints the tables of docs/signals.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import LookAlike
from angelshare.detect.intent import intent, parts
from angelshare.detect.signals import SIGNALS
from angelshare.detect.twins import RECOGNISED, explain
from angelshare.stats.conformal import share
from angelshare.stats.intervals import estimate
from benchmarks.detect_groups import blurred, measurable

LEVEL, DRAWS = 0.95, 500
FAMILIES = {"fixed-prompt-cot": "elicitation", "grader": "grading", "silent-relay": "relay"}
"""Families of campaigns by what they ask; all others harvest instructions."""
RELAY = "silent-relay"
"""Its prompts are real people's: nothing of its intent is in what is asked."""


def measure(seed: int, data: Path | None, *, text: bool) -> Iterator[dict[str, Any]]:
    """Give one row per group of a world, as it is and as a search would find it."""
    with tempfile.TemporaryDirectory() as folder:
        world = measurable(Path(folder), seed, data=data, text=text)
    rng = np.random.default_rng([seed, 79])
    for group in world.groups:
        for found in (False, True):
            members = blurred(group.members, len(world.current), rng) if found else group.members
            fits = explain(members, world.current, world.history)
            yield {
                "seed": seed, "kind": group.kind, "name": group.name, "found": found, "text": text,
                "best": fits[0][0] if fits[0][1] >= RECOGNISED else "none",
                "fits": dict(fits), "intent": intent(members, world.current, world.history),
                "parts": dict(parts(members, world.current, world.history)),
                "signals": {spec.name: spec.measure(members, world.current, world.history) for spec in SIGNALS},
            }  # fmt: skip


def _percent(count: int, n: int) -> str:
    number = share(count, n, level=LEVEL)
    return f"{100 * number.value:.0f} % [{100 * (number.low or 0):.0f}, {100 * (number.high or 0):.0f}]"


def confusion(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Print, for each look-alike, what it is recognised as."""
    yield "| workload | groups | as itself | as another | as none | taken for most |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for kind in (*get_args(LookAlike), "shared-app", "viral-template", "random"):
        counts = Counter(row["best"] for row in rows if row["kind"] == kind)
        n = counts.total()
        if n:
            other = n - counts[kind] - counts["none"]
            wrong = [(name, c) for name, c in counts.most_common() if name not in (kind, "none")]
            most = f"{wrong[0][0]} ({wrong[0][1]})" if wrong else ""
            yield f"| {kind} | {n} | {_percent(counts[kind], n)} | {_percent(other, n)} | {counts['none']} | {most} |"


def excused(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Print, for each campaign, how often it is taken for a look-alike."""
    yield "| campaign | groups | taken for a look-alike | for which |"
    yield "| --- | --- | --- | --- |"
    campaigns = [row for row in rows if row["kind"] == "campaign"]
    for name in (*sorted({row["name"] for row in campaigns}), "all"):
        mine = [row["best"] for row in campaigns if name in ("all", row["name"])]
        taken = [best for best in mine if best != "none"]
        yield f"| {name} | {len(mine)} | {_percent(len(taken), len(mine))} | {', '.join(sorted(set(taken)))} |"


def auc(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    """Give the chance that a value of `high` exceeds one of `low`, ties half."""
    return float((high[:, None] > low).mean() + 0.5 * (high[:, None] == low).mean())


def by_world(rows: Sequence[dict[str, Any]], score: str, name: str, kind: str) -> str:
    """Give the AUC of a campaign against a look-alike, with an interval over worlds."""
    seeds = sorted({row["seed"] for row in rows})

    def values(seed: int, wanted: str) -> NDArray[np.float64]:
        return np.array([
            row[score] for row in rows
            if row["seed"] == seed and row[score] is not None
            and (wanted in (row["kind"], row["name"]) or (wanted == "any" and row["kind"] in get_args(LookAlike)))
        ])  # fmt: skip

    pairs = [(values(seed, name), values(seed, kind)) for seed in seeds]
    pairs = [(high, low) for high, low in pairs if len(high) and len(low)]
    if not pairs:
        return ""
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        picked = [pairs[at] for at in rng.integers(0, len(pairs), len(pairs))]
        draws.append(auc(np.concatenate([high for high, _ in picked]), np.concatenate([low for _, low in picked])))
    whole = auc(np.concatenate([high for high, _ in pairs]), np.concatenate([low for _, low in pairs]))
    number = estimate(whole, np.array(draws), level=LEVEL, n=len(pairs), method="bootstrap over worlds")
    return f"{number.value:.2f} [{number.low:.2f}, {number.high:.2f}]"


def ranking(rows: Sequence[dict[str, Any]], score: str) -> Iterator[str]:
    """Print the AUC of each campaign against all look-alikes, and that of all campaigns against each look-alike."""
    yield "| campaign | against the fourteen look-alikes | against random accounts |"
    yield "| --- | --- | --- |"
    for name in sorted({row["name"] for row in rows if row["kind"] == "campaign"}):
        yield f"| {name} | {by_world(rows, score, name, 'any')} | {by_world(rows, score, name, 'random')} |"
    yield ""
    yield "| look-alike | against all campaigns but the silent relay |"
    yield "| --- | --- |"
    loud = [row for row in rows if row["name"] != RELAY]
    for kind in (*get_args(LookAlike), "shared-app", "viral-template", "random"):
        yield f"| {kind} | {by_world(loud, score, 'campaign', kind)} |"


def signals(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Print, for each signal, how it ranks campaigns against random accounts and against its own honest twins."""
    yield "| signal | role | AUC against random accounts | lowest AUC against one of its twins | median of campaigns |"
    yield "| --- | --- | --- | --- | --- |"
    loud = [row for row in rows if row["name"] != RELAY]
    for spec in SIGNALS:
        some = [row | {"value": row["signals"][spec.name]} for row in loud]
        twins: dict[str, str] = {kind: by_world(some, "value", "campaign", kind) for kind in spec.twins}
        known = {kind: said for kind, said in twins.items() if said}
        worst = min(known, key=lambda kind: known[kind]) if known else ""
        values = [row["value"] for row in some if row["kind"] == "campaign" and row["value"] is not None]
        middle = f"{np.median(values):.2f} ({len(values)})" if values else ""
        random = by_world(some, "value", "campaign", "random")
        yield f"| `{spec.name}` | {spec.role} | {random} | {known.get(worst, '')} {worst} | {middle} |"


def weighing(rows: Sequence[dict[str, Any]], trained: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Print, for each family of campaigns, the mean AUC against look-alikes of unit weights and of learnt ones.

    Learnt by ridge logistic regression on other worlds, without the family and the look-alike that are told apart.
    """
    yield "| family | weights of one | weights learnt without the family and the look-alike |"
    yield "| --- | --- | --- |"
    names = list(rows[0]["parts"])
    x, y, kinds = _matrix(trained, names)
    test, _, test_kinds = _matrix(rows, names)
    seeds = np.array([row["seed"] for row in rows])
    for family in ("harvest", *FAMILIES.values()):
        scores: dict[str, list[tuple[NDArray[np.float64], str]]] = {"unit": [], "learnt": []}
        for kind in get_args(LookAlike):
            use = (kinds != "relay") & (kinds != family) & (kinds != kind)
            scores["learnt"].append((test @ _ridge(x[use], y[use]), kind))
            scores["unit"].append((test[:, :-1].sum(axis=1), kind))
        said = [_mean_auc(pairs, family, test_kinds, seeds=seeds) for pairs in scores.values()]
        yield f"| {family} | {said[0]} | {said[1]} |"


def _matrix(
    rows: Sequence[dict[str, Any]], names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    """Give parts of intent and a one, whether each row is a campaign, and its family or look-alike."""
    x = np.array([[*(row["parts"][name] or 0.0 for name in names), 1.0] for row in rows])
    campaign = [row["kind"] == "campaign" for row in rows]
    kinds = [FAMILIES.get(row["name"], "harvest") if row["kind"] == "campaign" else row["kind"] for row in rows]
    return x, np.array(campaign, dtype=float), np.array(kinds)


def _mean_auc(
    pairs: Sequence[tuple[NDArray[np.float64], str]], family: str, kinds: NDArray[np.str_], *, seeds: NDArray[np.int_]
) -> str:
    """Give the mean AUC of a family over look-alikes, with an interval over worlds."""

    def mean(places: NDArray[np.intp]) -> float:
        return float(np.mean([
            auc(score[places][kinds[places] == family], score[places][kinds[places] == kind]) for score, kind in pairs
        ]))  # fmt: skip

    worlds = [np.flatnonzero(seeds == seed) for seed in np.unique(seeds)]
    rng = np.random.default_rng(0)
    draws = [mean(np.concatenate([worlds[at] for at in rng.integers(0, len(worlds), len(worlds))])) for _ in range(200)]
    number = estimate(mean(np.arange(len(seeds))), np.array(draws), level=LEVEL, n=len(worlds), method="bootstrap")
    return f"{number.value:.2f} [{number.low:.2f}, {number.high:.2f}]"


def _ridge(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit a logistic model with both classes at half weight and a ridge of 3, by Newton's method."""
    class_weight = np.where(y > 0, 0.5 / max(y.mean(), 1e-9), 0.5 / max(1 - y.mean(), 1e-9))
    ridge = np.diag([*[3.0] * (x.shape[1] - 1), 1e-6])
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        hessian = (x * (class_weight * p * (1 - p))[:, None]).T @ x + ridge
        beta += np.linalg.solve(hessian, x.T @ (class_weight * (y - p)) - ridge @ beta)
    return beta


def main() -> None:
    """Measure worlds, keep what was measured, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--data", type=Path, help="folder of real prompts and rates, used for odd seeds")
    parser.add_argument("--no-text", action="store_true")
    parser.add_argument(
        "--keep", type=Path, required=True, help="JSON Lines of measured groups; seeds in it are not redone"
    )
    given = parser.parse_args()
    kept = [json.loads(line) for line in given.keep.read_text().splitlines()] if given.keep.exists() else []
    text = not given.no_text
    for seed in given.seeds:
        if not any(row["seed"] == seed and row["text"] == text for row in kept):
            new = list(measure(seed, given.data if seed % 2 else None, text=text))
            with given.keep.open("a") as lines:
                lines.writelines(json.dumps(row) + "\n" for row in new)
            kept += new
    rows = [row for row in kept if row["seed"] in given.seeds and row["text"] == text]
    trained = [row for row in kept if row["seed"] not in given.seeds and row["text"] == text]
    for found in (False, True):
        some = [row for row in rows if row["found"] == found]
        print("\n## As found by a search" if found else "\n## As they are", end="\n\n")
        tables = [confusion(some), excused(some), ranking(some, "intent"), signals(some)]
        tables += [weighing(some, trained)] if trained else []
        print("\n\n".join("\n".join(table) for table in tables))


if __name__ == "__main__":
    main()
