"""Which share of a task a prompt belongs to: decided by its own hash, so it depends on nothing else."""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["test", "query"]
"""Test prompts are never drawn as queries, whatever the seed or the budget."""

SCALE = 2**32


def part(prompt: str, test_share: float) -> Part:
    """Say whether `prompt` is for testing; equal prompts (blanks at either end left out) always share a part."""
    first = int.from_bytes(hashlib.sha256(prompt.strip().encode()).digest()[:4], "big")
    return "test" if first < test_share * SCALE else "query"
