"""Campaigns that travel with the package."""

from __future__ import annotations

from importlib.resources import files

from angelshare.core.errors import PlanError, nearest
from angelshare.govern.campaign import Campaign, parse_campaign

PRESETS = ("small", "medium", "large", "alleged-2026")
"""Names of the shipped campaigns, by size: 1e5, 1e6 and 1e7 exchanges, and the largest a provider alleged in 2026."""


def preset(name: str) -> Campaign:
    """Load the shipped campaign `name`. Raises PlanError, naming the nearest, when there is none of that name."""
    return parse_campaign(preset_text(name), f"campaigns/{name}.toml")


def preset_text(name: str) -> str:
    """Give the shipped campaign as TOML, to start one's own from."""
    if name not in PRESETS:
        raise PlanError(f"no campaign named '{name}'; {nearest(name, PRESETS)}")
    return (files("angelshare.govern") / "campaigns" / f"{name}.toml").read_text(encoding="utf-8")
