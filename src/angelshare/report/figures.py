"""The six figures of an audit, as files of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from angelshare.core.audit import Audit
from angelshare.report.figure_fidelity import fidelity
from angelshare.report.figure_ledger import item_ledger
from angelshare.report.figure_plane import false_promise_plane
from angelshare.report.figure_recovery import recovery_curve
from angelshare.report.figure_rings import rings
from angelshare.report.figure_waterfall import waterfall
from angelshare.report.svg import Figure, standalone


def drawn(audit: Audit) -> Sequence[Figure]:
    """Draw every figure, in the order of the page."""
    return [
        recovery_curve(audit),
        false_promise_plane(audit),
        waterfall(audit),
        rings(audit),
        item_ledger(audit),
        fidelity(audit),
    ]


def figures(audit: Audit) -> Mapping[str, str]:
    """Map each figure's name to a standalone SVG document."""
    return {figure.name: standalone(figure) for figure in drawn(audit)}
