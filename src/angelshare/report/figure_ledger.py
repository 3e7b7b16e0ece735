"""Figure 5: the item ledger, which items were recovered, lost, or solved beyond the teacher."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.audit import Audit, LedgerRow
from angelshare.core.records import Estimate, Number
from angelshare.report.markup import Markup, join
from angelshare.report.numbers import full, parts, phrase
from angelshare.report.scales import Scale
from angelshare.report.svg import Figure, arm_class, empty, group, line, marker, rect, shortened, text, whisker
from angelshare.report.words import ARMS, arms_present, condition, threat_line

_WIDTH, _LEFT, _COLUMN, _GAP, _TOP, _ROW = 760.0, 130.0, 186.0, 20.0, 54.0, 40.0
_HEADS = (
    ("recovered", "items only the teacher got"),
    ("lost", "items the base got"),
    ("beyond the teacher", "items neither got"),
)


def item_ledger(audit: Audit) -> Figure:
    """Draw three columns of shares: by domain for the headline arm, then every other arm as a whole."""
    title = "Item by item: recovered, lost, beyond the teacher"
    rows = _rows(audit)
    if not any(isinstance(number, Estimate) for row in rows for number in _shares(row)):
        reason = "The item ledger could not be stated; table H says why."
        return empty("item_ledger", title, reason=reason, threat=threat_line(audit.header))
    base = _TOP + _ROW * len(rows)
    layers = [_column_heads(base)]
    for index, row in enumerate(rows):
        y = _TOP + _ROW * (index + 0.5)
        parted = index and (row.arm != rows[index - 1].arm) and rows[index - 1].arm == audit.header.headline_arm
        rule = line((0, y - _ROW / 2), (_WIDTH, y - _ROW / 2), "grid") if parted else ""
        layers += [Markup(rule), _row(row, y, headline=row.arm == audit.header.headline_arm)]
    return Figure(
        name="item_ledger", title=title, description=_description(rows), caption=_caption(audit),
        threat=threat_line(audit.header), width=_WIDTH, height=base + 28, body=join(*layers),
    )  # fmt: skip


def _rows(audit: Audit) -> list[LedgerRow]:
    """Give the headline arm's rows ("all" first), then the other arms' wholes, each at its largest dose."""
    largest = {
        arm: max(r.budget for r in audit.item_ledger if r.arm == arm) for arm in {r.arm for r in audit.item_ledger}
    }
    last = [row for row in audit.item_ledger if row.budget == largest[row.arm]]
    headline = [row for row in last if row.arm == audit.header.headline_arm]
    headline.sort(key=lambda row: row.domain != "all")
    others = [
        row
        for arm in arms_present(row.arm for row in last)
        for row in last
        if row.arm == arm and arm != audit.header.headline_arm and row.domain == "all"
    ]
    return headline + others


def _shares(row: LedgerRow) -> tuple[Number, Number, Number]:
    return row.recovered, row.lost, row.beyond_teacher


def _column_heads(base: float) -> Markup:
    parts_ = []
    for index, (head, condition_) in enumerate(_HEADS):
        x = _LEFT + index * (_COLUMN + _GAP)
        parts_.append(text(x, 18, head, classes="b"))
        parts_.append(text(x, 35, f"of {condition_}", classes="q s"))
        for share, words in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
            place = _scale(index).at(share)
            parts_.append(line((place, _TOP - 6), (place, base), "axis" if share == 0 else "grid"))
            parts_.append(text(place, base + 16, words, classes="q s", anchor="m"))
    return join(*parts_)


def _scale(index: int) -> Scale:
    start = _LEFT + index * (_COLUMN + _GAP)
    return Scale(low=0.0, high=1.0, start=start, end=start + _COLUMN - 88)


def _row(row: LedgerRow, y: float, *, headline: bool) -> Markup:
    name = row.domain if headline and row.domain != "all" else ARMS[row.arm]
    label = text(_LEFT - 14, y + 4, shortened(name, _LEFT - 18), classes="" if row.domain != "all" else "b", anchor="e")
    cells = [
        _share(
            number,
            _scale(index),
            y,
            hover=f"{condition(row.arm, row.budget)}, {row.domain}: {_HEADS[index][0]}",
            row=row,
        )
        for index, number in enumerate(_shares(row))
    ]
    return group("", arm_class(row.arm), label, *cells)


def _share(number: Number, x: Scale, y: float, *, hover: str, row: LedgerRow) -> Markup:
    printed = parts(number)
    hover = f"{hover} {full(number)}"
    if not isinstance(number, Estimate):
        return group(hover, "", text(x.start + 6, y + 4, printed.value, classes="q s"))
    bar = rect((x.start, y - 6), (x.at(number.value) - x.start, 12), "pale")
    doubt = join(whisker(number, x, y, upright=False), marker(row.arm, (x.at(number.value), y), 3.2))
    words = [
        text(x.end + 10, y - 1, printed.value, classes="s b"),
        text(x.end + 10, y + 12, printed.interval, classes="q s"),
    ]
    return group(hover, "", bar, doubt, *words)


def _description(rows: Sequence[LedgerRow]) -> str:
    said = [
        f"{ARMS[row.arm]}, {row.domain}: recovered {phrase(row.recovered)}, lost {phrase(row.lost)}, "
        f"beyond the teacher {phrase(row.beyond_teacher)}"
        for row in rows
    ]
    return f"{'; '.join(said)}."


def _caption(audit: Audit) -> str:
    return (
        f"First {ARMS[audit.header.headline_arm]}, whole and by domain, then the other arms as a whole; each at "
        "its largest "
        "dose. Recovery is a balance: it can rise while items the base could do are lost. This figure keeps the "
        "two apart."
    )
