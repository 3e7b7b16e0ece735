"""The colours, light and dark; every pair is told apart under three kinds of colour blindness (a test computes it)."""

from __future__ import annotations

from collections.abc import Mapping

from angelshare.core.record import record
from angelshare.core.records import ArmKind


@record
class Palette:
    """One scheme; every entry is an sRGB hex code."""

    paper: str
    """Background."""

    ink: str
    """Text; contrast with `paper` at least 7."""

    muted: str
    """Secondary text; contrast with `paper` and `wash` at least 4.5."""

    hairline: str
    """Rules and grid lines, which carry no meaning alone."""

    wash: str
    """Shaded ground: zones in figures, the command line."""

    accent: str
    """The amber of the name; kickers, marks, warnings."""

    arms: Mapping[ArmKind, str]
    """Colour of each arm; contrast with `paper` at least 4.5, since labels are set in it."""


LIGHT = Palette(
    paper="#fdfcf9",
    ink="#1b1e22",
    muted="#595e65",
    hairline="#d8d4ca",
    wash="#f2efe7",
    accent="#8a5200",
    arms={
        "floor": "#595e65", "answers": "#8f4300", "traces": "#0d3580", "logits": "#02775c", "gold": "#946a00",
        "gold_all": "#946a00", "self": "#6d7383", "shuffled": "#b81c93", "open": "#1d4f1a", "corrupted": "#5a1220",
    },
)  # fmt: skip

DARK = Palette(
    paper="#15181b",
    ink="#e9e6df",
    muted="#a9adb2",
    hairline="#3a3f45",
    wash="#1f2327",
    accent="#e0a65a",
    arms={
        "floor": "#a9adb2", "answers": "#f0943a", "traces": "#8cc0f4", "logits": "#7ae8cb", "gold": "#f2df5a",
        "gold_all": "#f2df5a", "self": "#8b95a4", "shuffled": "#cf6cf0", "open": "#b4ee9c", "corrupted": "#f2506f",
    },
)  # fmt: skip

_SHAPES = """
.fig text{font:12.5px system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
.fig .s{font-size:11.5px}.fig .b{font-weight:600}.fig .m{text-anchor:middle}.fig .e{text-anchor:end}
.fig .halo{paint-order:stroke;stroke-width:3.5px;stroke-linejoin:round}
.fig .ln{fill:none;stroke:currentColor;stroke-width:1.6}.fig .ln.w{stroke-width:2.4}.fig .ln.t{stroke-width:1}
.fig .ln.d{stroke-dasharray:6 4}.fig .ln.c{stroke-dasharray:2 3}.fig .lead{stroke-opacity:.6}
.fig .bd{fill:currentColor;fill-opacity:.13}.fig .pale{fill:currentColor;fill-opacity:.25}
.fig .mk,.fig .lb{fill:currentColor}.fig .dot{fill:currentColor;fill-opacity:.6}.fig .dim{opacity:.55}
.fig .mo{stroke:currentColor;stroke-width:1.6}.fig .grid{stroke-width:1;fill:none}.fig .axis{stroke-width:1;fill:none}
.fig .ref{stroke-width:1;fill:none;stroke-dasharray:1 4;stroke-linecap:round}
"""


def figure_rules() -> str:
    """Write the CSS of every figure, dark on screens that ask for it and light in print."""
    dark = f"@media screen and (prefers-color-scheme:dark){{{_colours(DARK)}}}"
    return f"{_SHAPES.strip()}\n{_colours(LIGHT)}\n{dark}"


def _colours(palette: Palette) -> str:
    arms = "".join(f".fig .a-{arm.replace('_', '-')}{{color:{colour}}}" for arm, colour in palette.arms.items())
    return (
        f".fig text{{fill:{palette.ink}}}.fig text.q{{fill:{palette.muted}}}.fig text.lb{{fill:currentColor}}"
        f".fig .paper{{fill:{palette.paper}}}.fig .halo{{stroke:{palette.paper}}}.fig .mo{{fill:{palette.paper}}}"
        f".fig .grid{{stroke:{palette.hairline}}}.fig .axis,.fig .ref{{stroke:{palette.muted}}}"
        f".fig .zone{{fill:{palette.wash}}}.fig .hatch{{stroke:{palette.hairline}}}"
        f".fig .amber{{color:{palette.accent}}}.fig .grey{{color:{palette.muted}}}{arms}"
    )
