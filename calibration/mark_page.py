"""The section on watermark tests in docs/calibration.md, from one run of the marks study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from angelshare.stats.calibration.marks_study import FAMILY, LEVELS, SLACK, Case, excess, harm, rate
from calibration.marks import MAIN, Study, failed

START = "## Watermark tests: false alarms on text without a mark"

HEAD = """
Written by `python -m calibration marks`, a part of `make calibrate`; do not edit. Every text here carries no mark, and
is tested under keys drawn at random, so every alarm is a false one. Texts are cut to 400 tokens, shorter than 120 left
out; the tokenizer is a byte-level BPE trained on the same corpora in the run and thrown away. *LLM answers* are
replies of more than a hundred models to public prompts; the other corpora are there on any machine: modules of
Python's standard library, templated JSON, passages written out four times with a word in twenty exchanged, and
Django's translations in about a hundred languages. What is "scored once" is what a rule counts at most one time per
text:

- **inputs**: each pseudo-random input (ours);
- **n-gram**: each window with its target, as written (transformers with `ignore_repeated_ngrams`, published KGW code);
- **context**: each window (vLLM's SBW);
- **nothing**: every token is scored (transformers' default).

All rules of one scheme are judged on the same draws of the same keyed hash, so a difference between them is the
rule's alone, and not that of a library. The p-value is exact (binomial, gamma) or that of a normal z.
"""

CLAIM = (
    f"Ours stands when its rate is at most {SLACK:g} times the nominal one at 1e-2 to 1e-4, and at most the nominal one"
    " at 1e-5\nand 1e-6, or above that by no more than chance: Clopper-Pearson with keys as clusters, "
    f"{FAMILY:.0%} for all rows and levels\ntogether."
)

VERDICT = f"""
{CLAIM} The exact binomial is discrete, so ours is often below. *independent*: how many
independent tests the alarms at 1e-2 are worth: texts under one key share draws, and templated ones rise and fall
together. *hot key*: the largest share of texts that one key alone flags at 1e-2. *KS*: how far the share of p-values
up to any point exceeds the uniform's, 0 where it never does.
"""


LEGACY = """
The hash ends in a table of 65,536 bits, so no more g-vectors exist than entries, and each comes back again and again
over a corpus. The plain mean of g then tests the table and not the text. Our detector scores each entry once, against
the table's own share of ones; that is valid for a passage and has nothing left to say on a corpus.
"""


def section(study: Study, command: str) -> str:
    """Write the section, its heading first."""
    wrong = failed(study)
    tests = sum(case.alarms.tests for case in study.cases)
    draws = sum(case.alarms.draws for case in study.cases)
    verdict = "**All claims stand.**" if not wrong else "**Claims fail:** " + "; ".join(wrong)
    skipped = f"\nLeft out: {study.skipped}. The corpora below are what this machine has.\n" if study.skipped else ""
    run = (
        f"Run: `{command}`, {_time(study)}, {tests:,} tests of a text under a key, {draws:,} scored draws; "
        f"vocabulary {study.vocabulary:,}.\n{skipped}\n{verdict}"
    )
    return "\n".join(
        [
            START,
            HEAD,
            run,
            VERDICT,
            "### Ours: inputs once, exact p\n",
            _table(case for case in study.cases if case.ours and not _foreign(case)),
            "### Rules of published detectors, on the same texts and draws\n",
            _table(case for case in study.cases if not case.ours),
            "### Other generators' schedules, by our rule\n",
            _table(case for case in study.cases if case.ours and _foreign(case)),
            "### transformers' SynthID table: legacy, per passage only\n",
            _legacy(study),
        ]
    )


def _time(study: Study) -> str:
    before = f" after earlier sittings had counted {study.earlier:.0%} of the parts" if study.earlier else ""
    return f"{study.seconds:.0f} s{before}"


def _foreign(case: Case) -> bool:
    return case.scheme.startswith(("transformers", "vLLM"))


def _table(cases: Iterable[Case]) -> str:
    ordered = sorted(cases, key=lambda case: case.corpus != MAIN)
    levels = [f"{level:.0e}".replace("e-0", "e-") for level in LEVELS]
    head = [
        "corpus",
        "scheme",
        "scored once, p",
        "tests",
        "independent",
        *levels,
        "x nominal at 1e-4",
        "least p",
        "hot key",
        "KS",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cells(case)) + " |" for case in ordered]
    return "\n".join(lines) + "\n"


def _cells(case: Case) -> Sequence[str]:
    alarms = case.alarms
    rates = [rate(alarms, level) for level in LEVELS]
    hottest = alarms.by_key[:, 0].max() * len(alarms.by_key) / alarms.tests
    shown = [
        f"{hit.value:.2g}" if hit.value else f"0 (< {hit.high:.0e})".replace("e-0", "e-") if hit.high else "0"
        for hit in rates
    ]
    return [
        case.corpus, case.scheme, case.rule, f"{alarms.tests:,}", f"{rates[0].n:,}", *shown, f"{harm(alarms):.1f}",
        f"1e{np.floor(alarms.least):.0f}", f"{hottest:.3f}", f"{max(excess(alarms), 0.0):.4f}",
    ]  # fmt: skip


def _legacy(study: Study) -> str:
    lines = ["| what | result |", "|---|---|", *(f"| {row.what} | {row.value} |" for row in study.table)]
    return "\n".join(lines) + "\n" + LEGACY
