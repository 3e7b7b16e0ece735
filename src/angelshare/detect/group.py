"""A group of accounts that may be one campaign: what the search hands to the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from angelshare.core.traffic import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A group of M accounts that look linked; a candidate is not an accusation."""

    members: NDArray[np.intp]
    """(M,) rows of the current `Accounts`, sorted, each once."""

    weight: NDArray[np.float64]
    """(M,) probability in [0, 1] of belonging to the group, in the order of `members`."""

    found_by: Sequence[Signal]
    """Signals whose links made it, the strongest first."""

    def __len__(self) -> int:
        return len(self.members)
