"""Trace survival: how much of each mark is left in students' own answers, by tactic and dose."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.defend import TraceFound, TracePoint
from angelshare.measure.defend_bench import LabBench


def trace_points(bench: LabBench) -> list[TracePoint]:
    """Lay out how much of each mark is left, by student and dose."""
    groups: dict[tuple[str, str, int], list[TraceFound]] = {}
    for where, found in sorted(bench.lab.traces.items()):
        groups.setdefault((where.defence, where.student, where.budget), []).append(found)
    return [_point(place, of) for place, of in sorted(groups.items(), key=lambda entry: entry[0])]


def _point(place: tuple[str, str, int], found: Sequence[TraceFound]) -> TracePoint:
    defence, student, budget = place
    tests = [one.evidence for one in found if one.evidence is not None]
    decoys = sorted(test.decoy_p_value for test in tests if test.decoy_p_value is not None)
    return TracePoint(
        defence=defence, student=student, budget=budget, log10_p=[test.log10_p_value for test in tests],
        decoy_p=decoys[len(decoys) // 2] if decoys else None, n=sum(test.n for test in tests),
    )  # fmt: skip
