"""Names of the delay estimators, what each aims at, and which intervals simulation shows to be too narrow.

The table is code so that it cannot go stale: the calibration study (`stats/calibration/delay_study.py`) fails when an
estimator without a caution covers too little, and when one with a caution covers enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Target: TypeAlias = Literal["capability", "release", "levels", "open_side"]
"""Which lag an estimator aims at: until open weights could have equalled a closed record; until a release did; until
one reached a fixed level; how long before an open release the closed frontier had its score."""

STRICT = "strict match"
KAPLAN_MEIER = "Kaplan-Meier"
TURNBULL = "Turnbull"
LOGNORMAL = "interval-censored lognormal"
WEIBULL = "interval-censored Weibull"
TOLERANCE = "tolerance match"
PAIRED = "paired-bootstrap match"
NOISE = "with score noise"
TREND = "trend offset"
THRESHOLD = "threshold crossing"
BRACKET = "adjacent bracket"
CLUSTER_LOGNORMAL = "lognormal, cluster percentile"
CLUSTER_KAPLAN_MEIER = "Kaplan-Meier, cluster percentile"

SLOPE_CLOSED, SLOPE_OPEN = "slope of the closed frontier", "slope of the open frontier"
"""Points per year; no rows of the panel, but judged with it."""

DEFAULT = LOGNORMAL
"""The estimator that the sentence speaks of."""

TARGETS: Mapping[str, Target] = {
    STRICT: "release",
    KAPLAN_MEIER: "release",
    TURNBULL: "capability",
    LOGNORMAL: "capability",
    WEIBULL: "capability",
    TOLERANCE: "capability",
    PAIRED: "capability",
    NOISE: "capability",
    TREND: "open_side",
    THRESHOLD: "levels",
    BRACKET: "open_side",
    CLUSTER_LOGNORMAL: "capability",
    CLUSTER_KAPLAN_MEIER: "release",
}
"""What each aims at."""

NARROW = "in simulation the interval holds the truth less often than its level says"
"""How every caution of an interval that is too narrow begins."""

UNDERCOVERS: Mapping[str, str] = {
    CLUSTER_LOGNORMAL: "it takes the matching releases for independent",
    CLUSTER_KAPLAN_MEIER: "it takes the matching releases for independent",
    TOLERANCE: "records within the tolerance at once bend the law, and the median comes out about a month short",
    TREND: "it takes the steps of the two frontiers for independent",
    SLOPE_OPEN: "it takes the steps of the open frontier for independent of the closed one's",
}
"""Estimators whose 90 % interval holds its truth in less than 90 % of simulated worlds, and why."""


def coverage_caution(name: str) -> str:
    """Say that an interval is too narrow, where simulation shows it; empty otherwise."""
    why = UNDERCOVERS.get(name)
    return f"{NARROW}: {why}" if why else ""
