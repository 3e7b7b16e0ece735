"""Arrays to numbers with their doubt: every public number leaves here as an Estimate, a Refusal or an Evidence."""

from angelshare.stats.curve import CurveFit, fit_curve
from angelshare.stats.evidence import paired_difference
from angelshare.stats.fidelity import NO_ANSWER, agreement, chance_adjusted, error_inheritance
from angelshare.stats.intervals import wilson
from angelshare.stats.judge import Lengths, judge_inflation, length_controlled, win_rate
from angelshare.stats.ledger import item_ledger
from angelshare.stats.panel import Panel, StylePanel
from angelshare.stats.points import DosePoints, dose_points
from angelshare.stats.proportion import proportion
from angelshare.stats.recovery import accuracy, attributable, difference, ratio, recovered, seed_recoveries, uplift
from angelshare.stats.style import false_promise, median_style, style_recovered

__all__ = [
    "NO_ANSWER",
    "CurveFit",
    "DosePoints",
    "Lengths",
    "Panel",
    "StylePanel",
    "accuracy",
    "agreement",
    "attributable",
    "chance_adjusted",
    "difference",
    "dose_points",
    "error_inheritance",
    "false_promise",
    "fit_curve",
    "item_ledger",
    "judge_inflation",
    "length_controlled",
    "median_style",
    "paired_difference",
    "proportion",
    "ratio",
    "recovered",
    "seed_recoveries",
    "style_recovered",
    "uplift",
    "wilson",
    "win_rate",
]
