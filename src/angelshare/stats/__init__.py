"""Arrays to numbers with their doubt: every public number leaves here as an Estimate, a Refusal or an Evidence."""

from importlib import import_module
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from angelshare.stats.across import difference_of_medians, group_medians
    from angelshare.stats.ageing import delay_trend
    from angelshare.stats.lag import delay_panel, frontier_slope
    from angelshare.stats.latent import fit_latent
    from angelshare.stats.lead import frontier_gap
    from angelshare.stats.spells import Series, spell_table
    from angelshare.stats.survival import kaplan_meier, turnbull

_LATE = {
    "Series": "spells",
    "delay_panel": "lag",
    "delay_trend": "ageing",
    "difference_of_medians": "across",
    "fit_latent": "latent",
    "frontier_gap": "lead",
    "frontier_slope": "lag",
    "group_medians": "across",
    "kaplan_meier": "survival",
    "spell_table": "spells",
    "turnbull": "survival",
}
"""Names of the delay estimators by module: they need scipy, which no other name here loads."""

__all__ = [
    "NO_ANSWER",
    "CurveFit",
    "DosePoints",
    "Lengths",
    "Panel",
    "Series",
    "StylePanel",
    "accuracy",
    "agreement",
    "attributable",
    "chance_adjusted",
    "delay_panel",
    "delay_trend",
    "difference",
    "difference_of_medians",
    "dose_points",
    "error_inheritance",
    "false_promise",
    "fit_curve",
    "fit_latent",
    "frontier_gap",
    "frontier_slope",
    "group_medians",
    "item_ledger",
    "judge_inflation",
    "kaplan_meier",
    "length_controlled",
    "median_style",
    "paired_difference",
    "proportion",
    "ratio",
    "recovered",
    "seed_recoveries",
    "spell_table",
    "style_recovered",
    "turnbull",
    "uplift",
    "wilson",
    "win_rate",
]


def __getattr__(name: str) -> object:
    """Load a delay estimator when it is first asked for."""
    if name not in _LATE:
        raise AttributeError(f"module 'angelshare.stats' has no attribute '{name}'")
    return getattr(import_module(f"angelshare.stats.{_LATE[name]}"), name)
