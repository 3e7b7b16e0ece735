"""Defences that let another model answer in the teacher's place; each is a plug-in model the user names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import numpy as np

from angelshare.core import plugins
from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.protocols import Defence, Model, Steerable
from angelshare.core.records import Completion, Query, Use
from angelshare.defences.between import lot


def local_model(use: Use, defence: str) -> Model:
    """Build the model that a defence brings along; raises PlanError if someone else hosts it."""
    if plugins.is_remote(use):
        raise PlanError(
            f"'{defence}': '{use.use}' is hosted by someone else, and a defence has neither leave nor ledger to query "
            "it with; use a local model, or record its answers and name them with 'replay'"
        )
    built: Model = plugins.build("models", use)
    return built


def smaller_model(model: Use, *, share: float = 1.0, key: str = "angelshare") -> Defence:
    """Let a weaker model answer in the teacher's place, without saying so.

    One of three ways of degrading answers that government advisory AA26-251A (8 September 2026) names.

    Args:
        model: the model that answers, as a plug-in with its options.
        share: share of the queries it answers, above 0 and at most 1, drawn by `key` for each query and draw.
        key: names the lot.

    The answer changes as far as the models differ. No extra passes: the other model answers instead, and its tokens
    are billed.

    Raises PlanError if the model is remote or the share is out of range.
    """
    if not 0 < share <= 1:
        raise PlanError(f"'smaller-model': share is {share:g}; give a share of the queries above 0 and at most 1")
    other = local_model(model, "smaller-model")
    return lambda teacher: Substituting(teacher, other, share=share, key=key)


class Substituting:
    """A model that another one stands in for, in a share of the queries."""

    def __init__(self, model: Model, other: Model, *, share: float, key: str) -> None:
        self.name, self.remote = f"{model.name}, {share:g} answered by {other.name}", model.remote
        self.cost = DefenceCost(changes_answer=True)
        self._model, self._other, self._share, self._key = model, other, share, key

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer in order, each query by the model its lot falls to."""
        session = list(queries)
        given = [lot(f"{self._key}, substitute", query) < self._share for query in session]
        theirs = iter(self._other.answer(q for q, away in zip(session, given, strict=True) if away))
        own = iter(self._model.answer(q for q, away in zip(session, given, strict=True) if not away))
        for away in given:
            yield next(theirs if away else own)


def doge(model: Use, *, body: Literal["same", "any"] = "same") -> Defence:
    """Let the teacher's own fine-tuned checkpoint answer: the head was trained so that students learn badly from it.

    DOGe fine-tunes the last layer alone, against proxy students, and costs nothing at run time. Training it is the
    provider's: give the checkpoint it made.

    Args:
        model: the fine-tuned checkpoint, as a plug-in with its options.
        body: `same` refuses a checkpoint that differs from the teacher in more than its output embedding; `any` takes
            every checkpoint.

    The answer may change. No extra passes.
    Source: DOGe, arXiv 2505.19504.

    Raises PlanError if the checkpoint is remote, has another tokenizer, or another body where `same` is asked.
    """
    other = local_model(model, "doge")
    return lambda teacher: _own_checkpoint(teacher, other, body)


def _own_checkpoint(teacher: Model, other: Model, body: Literal["same", "any"]) -> Model:
    if not isinstance(teacher, Steerable) or not isinstance(other, Steerable):
        raise PlanError(
            f"'doge': '{teacher.name}' and '{other.name}' must both be local checkpoints (plug-in 'hf'): the one "
            "is the other with its head fine-tuned"
        )
    require_same_tokenizer(teacher, other, "doge")
    if body == "same":
        _require_same_body(teacher, other)
    return Substituting(teacher, other, share=1.0, key="doge")


def require_same_tokenizer(teacher: Steerable, other: Steerable, defence: str) -> None:
    """Refuse a second model that does not read the teacher's tokens; raises PlanError."""
    ours, theirs = teacher.tokenizer.get_vocab(), other.tokenizer.get_vocab()
    if ours == theirs:
        return
    differing = sum(theirs.get(token) != place for token, place in ours.items())
    raise PlanError(
        f"'{defence}': '{teacher.name}' has {len(ours)} tokens and '{other.name}' {len(theirs)}, of which {differing} "
        "of the teacher's are missing or have another id; the two networks score the same tokens side by side, so "
        "take a model with the teacher's tokenizer"
    )


def _require_same_body(teacher: Steerable, other: Steerable) -> None:
    """Compare all parameters but the output embedding."""
    ours, theirs = _body(teacher), _body(other)
    odd = sorted(ours.keys() ^ theirs.keys())
    odd += [
        name for name in sorted(ours.keys() & theirs.keys())
        if ours[name].shape != theirs[name].shape or not np.array_equal(ours[name].numpy(), theirs[name].numpy())
    ]  # fmt: skip
    if odd:
        raise PlanError(
            f"'doge': '{other.name}' differs from '{teacher.name}' in {len(odd)} weights besides the head, first in "
            f"'{odd[0]}'; DOGe trains the head alone: give the checkpoint it made of this teacher, or body = \"any\""
        )


def _body(model: Steerable) -> Mapping[str, Any]:
    """Map names to weights, those of the output embedding left out; tied to it, the input embedding stays in."""
    network = model.network
    head = network.get_output_embeddings()
    place = next(name for name, module in network.named_modules() if module is head)
    weights = network.state_dict()
    return {name: value.cpu() for name, value in weights.items() if not name.startswith(f"{place}.")}
