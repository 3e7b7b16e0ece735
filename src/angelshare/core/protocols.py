"""The six sockets. Everything that plugs in answers to one of these; see docs/plug-in.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from angelshare.core.records import (
    Authorisation,
    Completion,
    Evidence,
    Extractor,
    Item,
    Limits,
    Meter,
    Pair,
    Price,
    Query,
    Ring,
)

if TYPE_CHECKING:  # numpy need not load for `angelshare --help`
    import numpy as np
    from numpy.typing import NDArray


@runtime_checkable
class Model(Protocol):
    """Everything that answers: an API, a checkpoint, a transcript, a trained student, a defended teacher."""

    name: str
    """What reports call it."""

    remote: bool
    """Whether someone else hosts it; then the plan must carry an authorisation."""

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer each query, in order."""
        ...


@runtime_checkable
class Remote(Model, Protocol):
    """A model someone else hosts: it answers only between `open` and `close`."""

    def open(
        self,
        ledger: Path,
        *,
        authorisation: Authorisation | None,
        limits: Limits,
        prices: Sequence[Price],
        now: Callable[[], datetime],
    ) -> None:
        """Check the leave to query, then record every paid answer in `ledger`, within `limits`, priced by `prices`.

        `now` gives the instant in UTC. Raises AuthorisationError, PlanError, LedgerError or StorageError.
        """
        ...

    def close(self) -> None:
        """Finish what is in flight and release ledger and connections; a closed model may be opened again."""
        ...


class Followed(NamedTuple):
    """A model beside the teacher at each token of a reply of the teacher's: its alternatives, and the rest as one."""

    theirs: NDArray[np.float64]
    """(positions, k + 1) probabilities the teacher gave its alternatives, what is left last; rows sum to one."""

    own: NDArray[np.float64]
    """(positions, k + 1) natural-log probabilities that this model gives the same, minus infinity where it cannot."""


@runtime_checkable
class Follower(Protocol):
    """What a model may be able to do besides: say what it would have said along another model's reply."""

    def follow(self, queries: Sequence[Query], replies: Sequence[Completion]) -> Iterator[Followed | None]:
        """Take each reply, which carries its alternatives per token, as if it were one's own so far.

        Gives None for a reply whose tokens are not this model's, or that it has no room for.
        """
        ...


class Fitted(NamedTuple):
    """A trained student and what its training cost."""

    model: Model
    meter: Meter | None
    """None where an external trainer did not say."""


@runtime_checkable
class Student(Protocol):
    """A recipe that turns pairs into a model."""

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
        """Train on `pairs`; the same pairs and seed give the same model. Scratch files go to `workspace`."""
        ...


@runtime_checkable
class Task(Protocol):
    """A capability under audit: what to ask and how to judge a reply."""

    name: str
    """What reports call it."""

    domains: Sequence[str]
    """Queried domains, in order."""

    style_features: Sequence[str]
    """Names of the entries of a style vector."""

    def queries(self, n: int, *, seed: int) -> Sequence[Item]:
        """Draw `n` training queries with their public labels, balanced over domains; the first k do not depend on n."""
        ...

    def items(self, ring: Ring, n: int) -> Sequence[Item]:
        """Give up to `n` test items per domain of a ring; never among the queries. Empty if the task lacks the ring."""
        ...

    def extract(self, item: Item, text: str, extractor: Extractor) -> str | None:
        """Read the answer out of a reply, or None."""
        ...

    def score(self, item: Item, answer: str | None) -> float:
        """Judge an extracted answer in [0, 1]."""
        ...

    def split(self, text: str) -> tuple[str, str]:
        """Split a reply into its reasoning trace ("" if none) and its answer."""
        ...

    def style(self, item: Item, text: str) -> Sequence[float]:
        """Describe the form of a reply without looking at whether it is right."""
        ...


class Defence(Protocol):
    """A countermeasure: takes a model, returns a model."""

    def __call__(self, model: Model) -> Model:
        """Wrap `model`."""
        ...


class Reader(Protocol):
    """Reads the records of a vendor's log format as rows of the request table (room detect)."""

    name: str
    """What `--reader` and messages call it."""

    def fits(self, record: Any) -> bool:  # noqa: ANN401 - what a log line holds: a JSON object, or its text
        """Say whether a record looks like one of this format: for naming the format of a file."""
        ...

    def rows(self, record: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - as above, and plain values by column
        """Give the requests that a record holds, by raw column; none if it is sound but of no request.

        Raises LogLineError for a record that is not what the format promises.
        """
        ...


class Detector(Protocol):
    """Examines a request table or transcripts (rooms detect and lineage)."""

    def examine(self, table: Any) -> Iterator[Evidence]:  # noqa: ANN401 - an Ibis table, kept out of core
        """Yield evidence."""
        ...


class Steering(Protocol):
    """Changes the next-token scores of one batch while it is being written, as a watermark or a perturbation does."""

    chooses: Any
    """Where the largest score returned last is taken, whatever the temperature: one bool, or (rows,) bools."""

    shows: bool
    """Whether log probabilities are delivered from the scores returned, or, if False, from the network's logits."""

    def begin(self, prompts: Any, mask: Any, queries: Sequence[Query]) -> None:  # noqa: ANN401 - torch tensors, kept out of core
        """Take (rows, width) left-padded prompt ids, their mask and the queries they put, before the first step."""
        ...

    def step(self, logits: Any, last: Any | None) -> Any:  # noqa: ANN401 - torch tensors, kept out of core
        """Take (rows, vocabulary) logits and the (rows,) tokens chosen last (None at first); give scores as shaped."""
        ...

    def keep(self, rows: Any) -> None:  # noqa: ANN401 - torch tensors, kept out of core
        """Go on with these places of the batch alone, in this order."""
        ...


@runtime_checkable
class Steerable(Model, Protocol):
    """A local model whose next-token scores a defence may change."""

    network: Any
    """A causal LM of transformers."""

    tokenizer: Any
    """Its tokenizer."""

    def steered(self, steer: Callable[[], Steering], *, name: str) -> Model:
        """Give the same model answering under a fresh `steer()` per batch."""
        ...
