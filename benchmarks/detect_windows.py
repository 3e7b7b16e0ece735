"""How well windows of pooled queries are told apart, under the published protocol (arXiv 2606.05725), goals T1 and T2.

Run with ANGELSHARE_TRAFFIC_DATA naming the data folder (prompts/*.jsonl.gz); pairs are rebuilt from it, since the
paper's own are not to be had offline. ANGELSHARE_WINDOW_SCORES may name a folder of the paper's `batch_scores.csv`,
which are scored again. Nothing was chosen on these pairs or seeds: the detector was written on `DEVELOPED`.

Queries are reduced to words in lower case first: how a data set was stored (capitals, spaces before commas, marks for
unknown words) would tell its sentences from another's without regard to what is asked.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from angelshare.core.records import Estimate
from angelshare.detect import window
from angelshare.detect.window_data import read_scores, rescore
from angelshare.stats.windows import auc, flagged

SEEDS = (1, 20, 42)
"""The paper's."""
WINDOWS = 200
"""Windows of each share, where the paper has 50."""
SIZES: Mapping[int, Sequence[float]] = {1500: (0.02, 0.05, 0.10), 100: (0.05, 0.10, 0.25)}
"""Shares of the attacker's queries by window."""
LEVEL: Mapping[int, float] = {1500: 0.001, 100: 0.005}
"""Nominal level by window, a third and half of what the goals allow, so that the realised rate stays within them."""
REBUILT = ("sst2/wiki", "sst2/random", "agnews/wiki", "agnews/random")
"""Pairs as the paper has them, rebuilt."""
RECENT = ("chat/code", "chat/cot", "chat/tasks", "chat/tools")
"""Ordinary chat against queries that students were trained on."""
DEVELOPED = ("bank/wiki", "bank/random", "bank/cot")
"""What the detector was written on, with seed 7; never reported as a result."""
NORMAL: Mapping[str, Sequence[str]] = {
    "sst2": ("victimtask_sst2_train",), "agnews": ("victimtask_agnews",), "bank": ("benign_banking77_support",),
    "chat": ("benign_sharegpt_sample", "benign_alpaca_eval_805", "benign_arena_hard_500", "benign_koala_180",
             "benign_instructionwild_users", "benign_specbench_apps", "benign_hh_redteam_harmless"),
}  # fmt: skip
ATTACKER: Mapping[str, Sequence[str]] = {
    "wiki": ("attack_mebert_wiki",), "random": ("attack_mebert_random",), "cot": ("attack_cot_collection",),
    "code": ("attack_codealpaca", "attack_gpteacher_codegen"), "tasks": ("attack_p3_template_harvest",),
    "tools": ("attack_gpteacher_toolformer",), "roles": ("attack_gpteacher_roleplay",),
    "maths": ("attack_gsm8k_trainset_harvest",),
}  # fmt: skip
FAMILY = {"random": "wiki"}
"""Attackers of one family: both come from one text, so both are left out for either."""
OTHERS = 1500
"""Queries of each other family that the witness may learn from."""


@dataclass(frozen=True)
class Cell:
    """Scores of one pair and seed at one window size."""

    pair: str
    window: int
    p_values: Mapping[float, NDArray[np.float64]]
    scores: Mapping[float, NDArray[np.float64]]


def queries(data: Path, names: Sequence[str]) -> list[str]:
    """Read prompts as words in lower case, each prompt once."""
    found: list[str] = []
    for name in names:
        with gzip.open(data / "prompts" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [str(json.loads(line)["prompt"]) for line in lines]
    plain = (" ".join(re.findall(r"\w+", text.lower().replace("<unk>", " "))) for text in found)
    return list(dict.fromkeys(text for text in plain if text))


def cells(data: Path, pair: str, seed: int) -> list[Cell]:
    """Run the protocol on one pair and seed: four fifths benign to learn from, the last fifth for test windows."""
    rng = np.random.default_rng([seed, 2606])
    side, method = pair.split("/")
    normal, attacker = queries(data, NORMAL[side]), queries(data, ATTACKER[method])
    order = rng.permutation(len(normal))
    cut = len(normal) * 4 // 5
    family = FAMILY.get(method, method)
    others: list[str] = []
    for name, files in ATTACKER.items():
        if FAMILY.get(name, name) != family:
            some = queries(data, files)
            others += [some[i] for i in rng.permutation(len(some))[:OTHERS]]
    reference = window.learn([normal[i] for i in order[:cut]], others, rng=rng)
    benign = window.measures(reference, [normal[i] for i in order[cut:]])
    strange = window.measures(reference, attacker)
    return [_cell(pair, size, reference, benign=benign, strange=strange, rng=rng) for size in SIZES]


def _cell(
    pair: str, size: int, reference: window.Reference, *, benign: NDArray[np.float64], strange: NDArray[np.float64],
    rng: np.random.Generator,
) -> Cell:  # fmt: skip
    one = window.null(reference, size, rng=rng)
    scores = {}
    for share in (0.0, *SIZES[size]):
        of = round(share * size)
        means = [
            np.concatenate([
                benign[rng.choice(len(benign), size - of, replace=False)],
                strange[rng.choice(len(strange), of, replace=False)],
            ]).mean(axis=0)
            for _ in range(WINDOWS)
        ]  # fmt: skip
        scores[share] = window.score(reference, one, np.stack(means))
    return Cell(pair, size, {share: window.p_values(one, some) for share, some in scores.items()}, scores)


def run(data: Path, pairs: Sequence[str], seeds: Sequence[int]) -> list[Cell]:
    return [cell for pair in pairs for seed in seeds for cell in cells(data, pair, seed)]


def summary(found: Sequence[Cell], size: int) -> dict[str, Estimate]:
    """Give false positives, detections and AUC at one window size, over the cells."""
    rng = np.random.default_rng(0)
    some = [cell for cell in found if cell.window == size]
    out = {"false positives": flagged([cell.p_values[0.0] <= LEVEL[size] for cell in some], rng=rng)}
    for share in SIZES[size]:
        out[f"TPR at {share:.0%}"] = flagged([cell.p_values[share] <= LEVEL[size] for cell in some], rng=rng)
        out[f"AUC at {share:.0%}"] = auc(
            [cell.scores[0.0] for cell in some], [cell.scores[share] for cell in some], rng=rng
        )
    return out


GOALS = {
    (1500, "false positives"): "at most 0.003", (1500, "AUC at 5%"): "at least 0.985",
    (1500, "AUC at 2%"): "at least 0.85", (1500, "TPR at 5%"): "at least 0.90",
    (100, "false positives"): "at most 0.01", (100, "TPR at 25%"): "at least 0.95",
    (100, "TPR at 10%"): "at least 0.40",
}  # fmt: skip


def measure() -> list[tuple[str, float, str]]:
    """Run all pairs; gives what, value, and interval with goal."""
    named = os.environ.get("ANGELSHARE_TRAFFIC_DATA")
    if named is None:
        print("detect_windows: set ANGELSHARE_TRAFFIC_DATA to the data folder; nothing measured", file=sys.stderr)
        return []
    out = []
    for block, pairs in (("rebuilt", REBUILT), ("chat", RECENT)):
        found = run(Path(named), pairs, SEEDS)
        for size in SIZES:
            for what, number in summary(found, size).items():
                goal = GOALS.get((size, what), "") if block == "rebuilt" else ""
                said = f"({number.low:.3f} to {number.high:.3f})"
                out.append(
                    (f"windows of {size:,}, {block} pairs, {what}", number.value, f"{said}, {goal}".rstrip(", "))
                )
    return out + _published()


def _published() -> list[tuple[str, float, str]]:
    """Score the paper's own files again, where a folder of them is named."""
    named = os.environ.get("ANGELSHARE_WINDOW_SCORES")
    if named is None:
        return []
    files = [read_scores(path) for path in sorted(Path(named).rglob("batch_scores.csv"))]
    again = rescore(files, rng=np.random.default_rng(0))
    rows = [("false positives", again.false_positives)]
    rows += [(f"TPR at {share:.0%}", number) for share, number in again.detected.items()]
    rows += [(f"AUC at {share:.0%}", number) for share, number in again.auc.items()]
    return [
        (f"windows, the paper's score files, {what}", number.value, f"({number.low:.3f} to {number.high:.3f})")
        for what, number in rows
    ]
