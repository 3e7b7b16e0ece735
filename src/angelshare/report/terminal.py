"""The verdict in a terminal: a box, and a curve drawn in characters."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SQUARE
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from angelshare.core.audit import Audit
from angelshare.core.records import ArmKind, Estimate, Number, Refusal
from angelshare.report.markup import printable
from angelshare.report.numbers import parts, percent, plain
from angelshare.report.scales import Scale, ends, extent
from angelshare.report.verdict_html import verdict_lines
from angelshare.report.words import ARMS, arms_present

_LETTERS: dict[ArmKind, str] = {
    "floor": "B", "answers": "A", "traces": "T", "logits": "L", "gold": "G", "gold_all": "U", "self": "O",
    "shuffled": "S", "open": "P", "corrupted": "C",
}  # fmt: skip
_WIDTH, _HEIGHT = 62, 13


def summary(audit: Audit) -> RenderableType:
    """Draw the verdict box and a small curve, 80 columns wide, readable without colour."""
    level = audit.header.level
    numbers = number_grid([(line.name, line.number, line.unit) for line in verdict_lines(audit)], level=level)
    inside: list[RenderableType] = [Text(printable(audit.verdict.sentence)), Text(), numbers]
    if not audit.header.attributable:
        left_out = ", ".join(ARMS[arm] for arm in audit.header.left_out) or "unnamed"
        inside.insert(0, Text(f"RAW, NOT ATTRIBUTABLE: no {left_out} control.\n", style="bold"))
    return Group(boxed(audit.plan, inside, level=level), Text(curve(audit)))


def number_grid(lines: Sequence[tuple[str, Number, str]], *, level: float) -> Table:
    """Set (name, number, unit) one below the other; a level other than `level` is printed."""
    numbers = Table.grid(padding=(0, 2))
    numbers.add_column(no_wrap=True)
    numbers.add_column()
    for name, number, unit in lines:
        printed = parts(number, unit=unit, level=level)
        value = Text(f"{printed.value}:" if isinstance(number, Refusal) else printed.value, style="bold")
        numbers.add_row(Text(name), Text.assemble(value, " ", printable(printed.interval)))
    return numbers


def boxed(title: str, inside: Sequence[RenderableType], *, level: float) -> Panel:
    """Put a frame of 80 columns around parts that hold intervals at `level`."""
    held = Text(f"\nBrackets hold {percent(level)} intervals.", style="dim")
    return Panel(
        Group(*inside, held), title=Text(printable(title)), title_align="left", box=SQUARE, width=80, padding=(1, 2)
    )


def curve(audit: Audit) -> str:
    """Draw recovery against queries in characters: a letter per arm, the headline arm's interval and band behind it."""
    points = [point for point in audit.points if point.budget > 0]
    known = [(point, point.recovery) for point in points if isinstance(point.recovery, Estimate)]
    if not known:
        return "No recovery could be stated at any dose."
    doses = sorted({point.budget for point, _ in known})
    x = Scale(low=doses[0] / 1.2, high=max(doses[-1] * 1.2, doses[0] * 1.3), start=0, end=_WIDTH - 1, log=True)
    low, high = extent(ends(value for _, value in known), 0.0, 1.0)
    y = Scale(low=low, high=high, start=_HEIGHT - 1, end=0)
    grid = [[" "] * _WIDTH for _ in range(_HEIGHT)]
    _shade(audit, grid, x, y)
    for point, value in known:
        if point.arm == audit.header.headline_arm:
            _interval(value, grid, round(x.at(point.budget)), y)
    for arm in _ordered(audit, [point.arm for point, _ in known]):
        for point, value in known:
            if point.arm == arm:
                _put(_LETTERS[arm], grid[round(y.inside(value.value))], round(x.at(point.budget)))
    return "\n".join(_framed(grid, doses, x, y, [point.arm for point, _ in known]))


def _put(letter: str, row: list[str], column: int) -> None:
    """Write a letter at its column, or at the nearest free one beside it."""
    for aside in (0, 1, -1, 2, -2, 3, -3):
        if 0 <= column + aside < _WIDTH and not row[column + aside].isalpha():
            row[column + aside] = letter
            return


def _ordered(audit: Audit, arms: Sequence[ArmKind]) -> list[ArmKind]:
    """Put the headline arm first, so that its letters stand where they belong."""
    return sorted(arms_present(arms), key=lambda arm: arm != audit.header.headline_arm)


def _shade(audit: Audit, grid: list[list[str]], x: Scale, y: Scale) -> None:
    for fit in audit.curves:
        if (
            fit.arm != audit.header.headline_arm
            or fit.axis != "queries"
            or fit.measure != "recovery"
            or fit.band is None
        ):
            continue
        for dose, low, high in zip(fit.band.dose, fit.band.low, fit.band.high, strict=True):
            column = round(x.at(dose))
            if 0 <= column < _WIDTH:
                for row in range(round(y.inside(high)), round(y.inside(low)) + 1):
                    grid[row][column] = "·"


def _interval(value: Estimate, grid: list[list[str]], column: int, y: Scale) -> None:
    top = round(y.inside(value.high)) if value.high is not None else 0
    bottom = round(y.inside(value.low)) if value.low is not None else _HEIGHT - 1
    for row in range(top, bottom + 1):
        grid[row][column] = "│"


def _framed(
    grid: list[list[str]], doses: Sequence[int], x: Scale, y: Scale, arms: Sequence[ArmKind]
) -> list[str]:  # fmt: skip
    names = {round(y.at(tick)): plain(tick) for tick in y.ticks()}
    lines = ["  recovery"]
    lines += [f"{names.get(row, ''):>8} ┤{''.join(cells)}" for row, cells in enumerate(grid)]
    lines.append(f"{'':>8} └{'─' * _WIDTH}")
    ruler = [" "] * (_WIDTH + 14)
    for dose in doses:
        word = plain(dose)
        start = max(0, round(x.at(dose)) - len(word) // 2)
        if all(cell == " " for cell in ruler[max(0, start - 1) : start + len(word) + 1]):
            ruler[start : start + len(word)] = word
    lines.append(f"{'':>10}{''.join(ruler).rstrip()}")
    lines.append(f"{'':>10}{'queries per student':^{_WIDTH}}".rstrip())
    key = "   ".join(f"{_LETTERS[arm]} {ARMS[arm]}" for arm in arms_present(arms))
    return [*lines, *_wrapped(key)]


def _wrapped(key: str) -> list[str]:
    lines = [""]
    for part in key.split("   "):
        if lines[-1] and len(lines[-1]) + 3 + len(part) > 68:  # noqa: PLR2004 - 80 columns less the margin
            lines.append("")
        lines[-1] = f"{lines[-1]}   {part}" if lines[-1] else part
    return [f"{'':>10}{line}" for line in lines]
