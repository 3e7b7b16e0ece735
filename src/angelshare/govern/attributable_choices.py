"""What a caller may choose of the counterfactual besides its inputs."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.record import record
from angelshare.core.records import ArmKind


@record
class Choices:
    """Settings, switches and the size of the simulation."""

    settings: Sequence[str] = ()
    """`NAME=VALUE`, `NAME=low`, `NAME=central` or `NAME=high`, each for one input."""

    without: Sequence[str] = ()
    """Inputs switched off."""

    arm: ArmKind | None = None
    """Arm whose recovery is used; the audit's headline arm if not given."""

    level: float = 0.9
    """Level of every interval."""

    draws: int = 10_000
    """Monte Carlo draws."""

    seed: int = 0
    """Names the draws."""
