"""What a defence costs, told beside the model it gives: `defended.cost`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from angelshare.core.protocols import Model
from angelshare.core.record import record


@record
class DefenceCost:
    """The price of a defence that does not show in the replies themselves."""

    passes_per_token: float = 0.0
    """Extra forward passes, of a network beside the teacher's, per token written."""

    gradient_passes: float = 0.0
    """Forward and backward passes before the first reply, in examples; paid once per model built."""

    replies_per_query: float = 0.0
    """Extra whole replies, by another model, per query."""

    changes_answer: bool = False
    """Whether the answer an honest user reads may differ, and not only what is shown around it."""


@runtime_checkable
class Defended(Model, Protocol):
    """A model behind a defence of this package; `cost` is that of the outermost defence alone."""

    cost: DefenceCost
    """Its price."""
