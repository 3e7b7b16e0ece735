"""The secret of a workspace: made once, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_secret(workspace: Path) -> str:
    """Read the workspace's secret, or make one; two processes that start together agree on it."""
    workspace.mkdir(parents=True, exist_ok=True)
    place = workspace / "secret"
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return place.read_text(encoding="utf-8")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(made := secrets.token_urlsafe(48))
    return made
