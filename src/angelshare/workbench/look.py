"""The palette of the reports as a stylesheet, so that reports and pages are one family and neither is written twice."""

from __future__ import annotations

import functools
import hashlib

from angelshare.report.palette import DARK, LIGHT, Palette, figure_rules

_NAMES = ("paper", "ink", "muted", "hairline", "wash", "accent")


@functools.cache
def palette_rules() -> str:
    """Write the colours as custom properties, dark on screens that ask for it, and the rules of every figure."""
    light = f":root{{color-scheme:light dark;{_properties(LIGHT)}}}"
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_properties(DARK)}}}}}"
    return f"{light}\n{dark}\n{figure_rules()}\n"


@functools.cache
def palette_version() -> str:
    """Give the first twelve digits of the stylesheet's SHA-256: part of its address, so it may be kept for ever."""
    return hashlib.sha256(palette_rules().encode()).hexdigest()[:12]


def _properties(palette: Palette) -> str:
    return ";".join(f"--{name}:{getattr(palette, name)}" for name in _NAMES)
