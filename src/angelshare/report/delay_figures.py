"""The figures of a delay report, in the order of its page."""

from __future__ import annotations

from angelshare.core.delay import DelayReport
from angelshare.report.delay_frontier import frontier
from angelshare.report.delay_panel import benchmarks_figure, panel_figure, sensitivity_figure
from angelshare.report.delay_saved import saved_figure, tornado_figure
from angelshare.report.delay_survival import survival_figure
from angelshare.report.delay_words import front
from angelshare.report.svg import Figure


def delay_figures(report: DelayReport) -> list[Figure]:
    """Draw every figure; those of one benchmark are about the one in front (see `front`)."""
    drawn: list[Figure] = []
    delay = front(report)
    if delay is not None:
        drawn += [
            frontier(report, delay),
            panel_figure(report, delay),
            sensitivity_figure(report, delay),
            survival_figure(report, delay),
        ]
    drawn.append(benchmarks_figure(report))
    if report.attributable is not None:
        drawn += [tornado_figure(report, report.attributable), saved_figure(report, report.attributable)]
    return drawn
