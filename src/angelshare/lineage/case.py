"""What is tested and how: the file, what is known besides it, and the choices made before anyone looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.defences.watermark.arrays import IntArray
from angelshare.lineage.subject import Material

Mode: TypeAlias = Literal["text", "student text", "student text, supervised", "reading"]
"""Access; see `core.marks.WatermarkReport`."""


@record
class Settings:
    """How to test, fixed before the text is seen."""

    level: float = 1e-3
    """Level of the test."""

    decoys: int = 999
    """Decoy keys."""

    fixed: int = 0
    """Scored tokens the test was registered for beforehand; 0 takes the whole file."""

    sequential: bool = False
    """Look after every text, validly."""

    student: bool = False
    """The text is what a model under suspicion wrote."""

    seed: int = 0
    """Names the draw of the decoys."""

    def __post_init__(self) -> None:
        """Refuse what cannot be tested with; raises PlanError."""
        if not 0 < self.level < 1:
            raise PlanError(f"--level must be strictly between 0 and 1, found {self.level:g}")
        if self.fixed and self.sequential:
            raise PlanError("--n and --sequential are two ways not to peek; choose one")


class Case(NamedTuple):
    """What is held against the keys."""

    material: Material
    """The file."""

    streams: Sequence[IntArray]
    """Its token ids."""

    prompts: Sequence[IntArray] = ()
    """Prompts whose windows are not scored."""

    outputs: Sequence[IntArray] = ()
    """The teacher's marked outputs, whose windows alone are scored."""

    network: Any = None
    """A student's network for reading mode; None without."""

    unchecked: Sequence[str] = ()
    """What could not be checked of the tokenizer, in sentences."""

    @property
    def tokens(self) -> int:
        """Tokens read."""
        return sum(map(len, self.streams))


def mode_of(case: Case, settings: Settings) -> Mode:
    """Say what is tested: the weights if they are at hand, behind the filter if there is one, else text."""
    if case.network is not None:
        if case.outputs or case.prompts or settings.student or settings.sequential:
            raise PlanError(
                "--model reads the marked text through a student's weights: --filter, --prompts, --student and "
                "--sequential belong to tests of text that the student wrote; leave them out"
            )
        return "reading"
    if case.outputs:
        return "student text, supervised"
    return "student text" if settings.student or case.prompts else "text"
