"""Which detector can see which route of extraction, and what to use where traffic cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.traffic import RouteCoverage

LINKING = "linking accounts (templates, infrastructure, synchrony)"
NOVELTY = "new ties: what accounts share now and nobody shared before"
HARVEST = "intent of prompts and shape of harvest"
INDICATORS = "the ten indicators of AA26-251A"
PER_KEY = "per-key rules (rate, one template)"
LINEAGE = "lineage and watermark tests of the student"


def coverage(*, text: bool) -> Sequence[RouteCoverage]:
    """Give the matrix of the three publicly reported routes by family of detector.

    Args:
        text: whether features of prompts were available; without, what needs them sees nothing.
    """
    return [_without_text(row) if not text and row.detector == HARVEST else row for row in _MATRIX]


def _without_text(row: RouteCoverage) -> RouteCoverage:
    seen = "in part" if row.sees == "yes" else row.sees
    return RouteCoverage(
        route=row.route, detector=row.detector, sees=seen,
        why=f"{row.why} Without features of prompts only token counts and parameters remain.",
    )  # fmt: skip


_MATRIX: Sequence[RouteCoverage] = (
    RouteCoverage(
        route="fake accounts", detector=LINKING, sees="yes",
        why="One operator's accounts share prompts, networks, payment or the clock, however few requests each makes.",
    ),
    RouteCoverage(
        route="fake accounts", detector=NOVELTY, sees="yes",
        why="A harvest brings templates or payers of its own; they open a case and never decide it: so do a tenant's.",
    ),
    RouteCoverage(
        route="fake accounts", detector=HARVEST, sees="yes",
        why="Requests for reasoning, grading or breadth without a product behind them.",
    ),
    RouteCoverage(
        route="fake accounts", detector=INDICATORS, sees="in part",
        why="Each has an innocent twin, and low-rate accounts show few of them.",
    ),
    RouteCoverage(
        route="fake accounts", detector=PER_KEY, sees="in part",
        why="Sees a few hot accounts; at 6 to 26 requests per account and day it sees none, and it bans evaluators.",
    ),
    RouteCoverage(
        route="fake accounts", detector=LINEAGE, sees="yes",
        why="Tests the student, whatever route the answers took; needs access to the student.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=LINKING, sees="in part",
        why="Prompts are people's own; only shared infrastructure, timing and replay tie the accounts together.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=NOVELTY, sees="in part",
        why="Seen where the relayed users differ from the operator's own, in language or subject.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=HARVEST, sees="no",
        why="The prompts are honest; what is done with the answers is not in the traffic.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=INDICATORS, sees="in part",
        why="Aggregator routing and one credential in many places; resellers with leave look the same.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=PER_KEY, sees="no",
        why="No key is busy and no template repeats.",
    ),
    RouteCoverage(
        route="re-routed real users", detector=LINEAGE, sees="yes",
        why="Tests the student; use `angelshare watermark` and `lineage`.",
    ),
    *(
        RouteCoverage(
            route="bought transcripts", detector=detector, sees="no",
            why="Invisible in traffic: the requests were some honest customer's, made before the sale.",
        )
        for detector in (LINKING, NOVELTY, HARVEST, INDICATORS, PER_KEY)
    ),
    RouteCoverage(
        route="bought transcripts", detector=LINEAGE, sees="yes",
        why="The only test there is for this route: `angelshare watermark` on what the student writes, and `lineage`.",
    ),
)  # fmt: skip
