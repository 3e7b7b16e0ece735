"""The section on lineage tests in docs/calibration.md, from one run of the lineage study."""

from __future__ import annotations

from angelshare.core.records import Number, Refusal
from calibration.lineage import BET, COSINE, LEVELS, OURS, PROFILE, SIGN, Study, excess, failed, rejected

START = "## Lineage tests: false alarms on projects that nobody taught"
HEAD = """
Written by `python -m calibration lineage`, a part of `make calibrate`; do not edit. Each world is simulated anew
(`angelshare/lineage/simulate.py`): small language models over a made language, fine-tuned from one of four bases on
people's text, some of it shared between projects and some in the register of assistants, or in part by a teacher. One
project that nobody taught and one whose text is nine tenths a teacher's are then tested. Popular methods ask whether
the suspect is nearer to the teacher than one other untaught model, and take prompts for the sample. This proves the
machinery and says nothing of real models; for those see [benchmarks.md](benchmarks.md).

*excess*: how far the share of p-values up to any point exceeds the uniform's (one-sided Kolmogorov-Smirnov distance).
Rates have 95 % Clopper-Pearson limits over worlds. The bet has one level, fixed beforehand.
"""


def section(study: Study, command: str) -> str:
    """Write the section, its heading first."""
    size, wrong = study.size, failed(study)
    verdict = "**No claim is refuted.**" if not wrong else "**Claims fail:** " + "; ".join(wrong)
    run = (
        f"Run: `{command}`, {study.seconds:.0f} s, {size.worlds} worlds, {size.nulls} null projects and "
        f"{size.students} documented students a teacher in each, {size.prompts} prompts.\n"
    )
    head = [
        "method",
        *(f"untaught called at {level:g}" for level in LEVELS),
        "excess",
        f"taught found at {LEVELS[0]:g}",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for method in (OURS, BET, COSINE, PROFILE, SIGN):
        if isinstance(rejected(study, method, LEVELS[0]), Refusal):
            lines.append(f"| {method} | refused: too few null projects for its level | | | |")
            continue
        bet = method == BET
        rates = ["" if bet and level != LEVELS[0] else _shown(rejected(study, method, level)) for level in LEVELS]
        distance = "" if bet else f"{max(excess(study, method), 0.0):.3f}"
        found = _shown(rejected(study, method, LEVELS[0], taught=True))
        lines.append(f"| {method} | {' | '.join(rates)} | {distance} | {found} |")
    return "\n".join([START, HEAD, run, verdict, "", *lines]) + "\n"


def _shown(rate: Number) -> str:
    if isinstance(rate, Refusal):
        return rate.refused
    return f"{rate.value:.3f} ({rate.low or 0.0:.3f} to {1.0 if rate.high is None else rate.high:.3f})"
