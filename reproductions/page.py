"""docs/reproductions.md: the table of claims, our figures and verdicts, failures included."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.records import Estimate
from angelshare.report.numbers import count, phrase
from reproductions.claims import Check, Outcome

HEAD = """# Reproductions

Published claims about distillation and extraction, rebuilt in miniature on a CPU. Criteria were fixed before the runs
(they are in the code, not in this page); a criterion holds only if the whole interval satisfies it, and what fails
stays in the table. `make reproduce` makes this page; finished cells are found again, so a second run costs little.

A miniature shows that the instrument sees the effect where it is. It does not show that the published size is right.
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """Write the whole page."""
    return "\n".join([HEAD, summary(outcomes), *map(section, outcomes)])


def summary(outcomes: Sequence[Outcome]) -> str:
    """Write the table of verdicts."""
    rows = [
        f"| {one.id} | {one.claim} | {sum(check.passed for check in one.checks)} of {len(one.checks)} | "
        f"{'yes' if one.passed else 'not in full'} | {count(round(one.cpu_seconds))} |"
        for one in outcomes
    ]
    total = count(round(sum(one.cpu_seconds for one in outcomes)))
    head = "| | published | criteria met | reproduced | CPU-seconds |\n|---|---|---|---|---|"
    return "\n".join(["## Verdicts", "", head, *rows, f"| | | | all | {total} |", ""])


def section(outcome: Outcome) -> str:
    """Write one reproduction."""
    rows = [
        f"| {check.criterion} | {shown(check)} | {'yes' if check.passed else '**no**'} |" for check in outcome.checks
    ]
    remarks = [*(f"- {remark}" for remark in outcome.remarks), ""] if outcome.remarks else []
    return "\n".join(
        [
            f"## {outcome.id}", "", f"**Published.** {outcome.claim} ({outcome.source})", "",
            f"**Ours.** {outcome.miniature}", "", "| criterion | found | met |\n|---|---|---|", *rows, "", *remarks,
            f"Run alone: `{outcome.how}`", "",
        ]
    )  # fmt: skip


def shown(check: Check) -> str:
    """Print what was found."""
    if isinstance(check.found, str):
        return check.found
    caution = check.found.caution if isinstance(check.found, Estimate) else ""
    return phrase(check.found) + (f" ({caution})" if caution else "")
