"""Tables of numbers that stand beside a headline: recovery on the logit, divergence from the teacher's distribution."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit, DivergenceRow, LogitRow
from angelshare.report.columns import ARM, BUDGET, data_table, number_column
from angelshare.report.table import Table
from angelshare.report.words import arms_present


def logit_table(audit: Audit, *, whole: bool = True) -> Table:
    """Build the table of recovery on both scales, which follows table A; unless `whole`, at each arm's largest dose."""
    columns = [ARM, BUDGET, number_column("recovery", "Of accuracy"), number_column("on_logit", "Of its logit")]
    order = arms_present(row.arm for row in audit.logit_recovery)
    kept = [row for row in audit.logit_recovery if whole or row.budget == _largest(audit.logit_recovery, row.arm)]
    rows = [
        [row.arm, row.budget, row.recovery, row.on_logit]
        for row in sorted(kept, key=lambda row: (order.index(row.arm), row.budget))
    ]
    return data_table(
        "logit_recovery", "Recovery on two scales", columns, rows=rows,
        note="On the logit, going from 98 to 99 % right counts as much as from 50 to 67 %: it shows what is left to "
        "learn when accuracy is nearly the teacher’s. Half an item is added to right and to wrong.",
    )  # fmt: skip


def divergence_table(audit: Audit, *, whole: bool = True) -> Table:
    """Build the table of divergences, which follows that of figure 6; unless `whole`, at each arm's largest dose."""
    columns = [
        ARM, BUDGET, number_column("kl", "KL, students"), number_column("kl_base", "KL, base"),
        number_column("kl_closed", "Share closed"), number_column("js", "JS, students"),
        number_column("js_base", "JS, base"), number_column("js_closed", "Share of JS closed"),
    ]  # fmt: skip
    rows = [
        [r.arm, r.budget, r.kl, r.kl_base, r.kl_closed, r.js, r.js_base, r.js_closed]
        for r in audit.divergences
        if whole or r.budget == _largest(audit.divergences, r.arm)
    ]
    return data_table(
        "divergences", "Divergence from the teacher’s distribution, in nats per token", columns, rows=rows,
        note="Students and base are led along the teacher’s own replies and compared, token by token, on its likeliest "
        "alternatives and the rest as one: a lower bound. KL is from the teacher to the model; JS, Jensen-Shannon, "
        "runs from 0 to ln 2 = 0.69. A share closed of 1 would be the teacher’s distribution itself. Most tokens of a "
        "reply are form, so a large share closed is no sign of ability: compare shuffled.",
    )  # fmt: skip


def _largest(rows: Sequence[LogitRow] | Sequence[DivergenceRow], arm: str) -> int:
    return max(row.budget for row in rows if row.arm == arm)
