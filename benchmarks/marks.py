"""How many tokens a second a watermark's detector reads on one core, beside the peers' on the same streams.

Each of ours de-duplicates and ends in an exact p-value. Where a peer's schedule is ours too, its count is compared.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from angelshare.core.marks import Tally, WatermarkKey
from angelshare.defences.watermark.tally import tally
from angelshare.stats.tails import log10_binomial_sf, log10_gamma_sf
from benchmarks import marks_peers as peers

LONG, SHORT = 16_000_000, 4_000
"""Tokens of the stream for ours, and of its beginning for the peers, most of which are slow."""
MIDDLE = 100_000
"""Tokens for the peers that are not slow."""
GOAL = "M tokens/s, at least 5"
MEMORY = """
import sys
import numpy as np
from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.tally import Counter
counter = Counter(WatermarkKey(scheme="kgw", secret="5eed" * 8, vocabulary_size=50257))
rng = np.random.default_rng(0)
counter.feed(rng.integers(0, 50257, 1000, dtype=np.int32))
memory = lambda name: int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1])
before = memory("VmRSS")
for _ in range(int(sys.argv[1])):
    counter.feed(rng.integers(0, 50257, 1_000_000, dtype=np.int32), more=True)
print((memory("VmHWM") - before) / 1024, counter.tally().n)
"""
COMPILE = """
import time
from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.tally import tally
import numpy as np, sys
start = time.process_time()
tally(WatermarkKey(scheme=sys.argv[1], secret="5eed" * 8, vocabulary_size=1000), [np.arange(100)])
print(time.process_time() - start)
"""


def stream(vocabulary: int) -> np.ndarray:
    """Make ids with Zipf's frequencies in no order of id."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, vocabulary + 1) ** 1.05
    return rng.permutation(vocabulary)[rng.choice(vocabulary, LONG, p=weights / weights.sum())].astype(np.int32)


def key(vocabulary: int, **fields: object) -> WatermarkKey:
    given: dict[str, object] = {"scheme": "kgw", "secret": "5eed" * 8, "gamma": 0.25, "vocabulary_size": vocabulary}
    return WatermarkKey(**(given | fields))


def tested(one: WatermarkKey, ids: np.ndarray) -> Tally:
    """Count and test, as a user of the detector does."""
    found = tally(one, [ids])
    if found.law == "binomial":
        log10_binomial_sf(found.statistic, found.n, found.rate)
    else:
        log10_gamma_sf(found.statistic, found.n)
    return found


def rate(run: Callable[[], object], tokens: int, *, rounds: int = 3) -> float:
    """Give tokens a second of CPU time, the median over rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return tokens / float(np.median(taken))


def ours(vocabulary: int, ids: np.ndarray) -> list[tuple[str, float, str]]:
    kinds = {
        "KGW left": key(vocabulary), "KGW self": key(vocabulary, seeding="self"),
        "Unigram": key(vocabulary, scheme="unigram"), "Gumbel": key(vocabulary, scheme="gumbel"),
        "SynthID": key(vocabulary, scheme="synthid"),
    }  # fmt: skip
    lines = []
    for name, one in kinds.items():
        tested(one, ids[:70_000])
        lines.append((f"marks, {name}, V = {vocabulary:,}", rate(lambda: tested(one, ids), len(ids)) / 1e6, GOAL))  # noqa: B023 - called at once
    return lines


def beside(vocabulary: int, ids: np.ndarray) -> list[tuple[str, float, str]]:
    """Time each peer and, where the schedule is the same, ours on it; then how far the counts are apart."""
    number = f"{peers.NUMBER:016x}"
    words = [654, 400, 836, 123, 340, 443, 597, 160, 57, 29] * 3
    pairs: list[tuple[str, peers.Detect, WatermarkKey | None, int]] = [
        ("transformers lefthash", peers.transformers_green("lefthash", vocabulary),
         key(vocabulary, schedule="transformers-left", secret=number, window=1), SHORT),
        ("transformers selfhash", peers.transformers_green("selfhash", vocabulary), None, SHORT),
        ("transformers SynthID, g-values and mask", peers.transformers_synthid(words), None, SHORT),
    ]  # fmt: skip
    folder = peers.available()
    if folder is not None:
        gumbel = key(vocabulary, scheme="gumbel", schedule="vllm-gumbel", secret=number)
        pairs += [
            ("vLLM Gumbel", peers.vllm_gumbel(folder), gumbel, MIDDLE),
            ("textseal green lists, v2", peers.textseal(folder, "binary"), None, MIDDLE),
            ("textseal Gumbel, v2", peers.textseal(folder, "uniform"), None, MIDDLE),
            ("sbw selfhash (lm-watermarking's)", peers.sbw_selfhash(folder, vocabulary), None, SHORT),
        ]
    lines = []
    for name, detect, same, tokens in pairs:
        # warmed up on other text, then timed once: some keep what they have seen, and would be fast at the same again
        detect(ids[-100:])
        part, start = ids[:tokens], time.process_time()
        theirs = detect(part)
        lines.append((f"marks, {name}, V = {vocabulary:,}", tokens / (time.process_time() - start), "tokens/s"))
        if same is not None:
            lines += against(name, same, theirs, part, vocabulary)
    return lines


def against(
    name: str, same: WatermarkKey, theirs: tuple[int, float], part: np.ndarray, vocabulary: int
) -> list[tuple[str, float, str]]:
    """Time ours on a peer's schedule, and compare counts."""
    found = tested(same, part)
    lines = [(f"marks, ours on the schedule of {name}, V = {vocabulary:,}", rate(lambda: tested(same, part), len(part)),
              "tokens/s")]  # fmt: skip
    lines.append((f"marks, {name}: scored draws, ours less theirs", float(found.n - theirs[0]), "draws, at most 0"))
    apart = abs(found.statistic - theirs[1]) / max(abs(theirs[1]), 1.0)
    lines.append((f"marks, {name}: statistic, in units of 10^-9 of theirs", apart * 1e9, "apart, at most 1"))
    return lines


def measure() -> list[tuple[str, float, str]]:
    lines = []
    for vocabulary in (50_257, 151_936):
        ids = stream(vocabulary)
        lines += ours(vocabulary, ids)
        lines += beside(vocabulary, ids)
    for scheme in ("kgw", "gumbel", "synthid"):
        seconds = float(_run(COMPILE, scheme)[0])
        lines.append((f"marks, compiling {scheme} at first use", seconds, "s of CPU"))
    megabytes, scored = _run(MEMORY, "50")
    assert math.isclose(float(scored), 5e7, rel_tol=1e-3)
    lines.append(("marks, memory grown over a stream of 50 M distinct draws", float(megabytes), "MiB, at most 340"))
    return lines


def _run(code: str, argument: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
    return done.stdout.split()


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
