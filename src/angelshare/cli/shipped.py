"""Plans that travel with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from angelshare.core.errors import PlanError


def shipped_plan(name: str) -> Path:
    """Find a plan in an installed wheel, or in the source tree of an editable install."""
    package = Path(str(files("angelshare")))
    for folder in (package / "plans", package.parents[1] / "plans"):
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    raise PlanError(f"the installation carries no plan '{name}'; reinstall angelshare")
