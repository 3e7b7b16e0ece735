"""How likely a local model finds replies that someone else wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from angelshare.core.records import Pair
from angelshare.models.batching import Pack
from angelshare.models.students import tokenised

ROWS = 128
"""Replies scored together."""


@torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not checked
def reply_nats(network: Any, tokenizer: Any, pairs: Sequence[Pair]) -> NDArray[np.float64]:  # noqa: ANN401 - transformers types
    """Score each reply, its end included: (pairs,) mean -ln p per token, in nats.

    Raises PlanError for a pair longer than the network holds.
    """
    if not pairs:
        return np.empty(0)
    room = getattr(network.config, "max_position_embeddings", None) or 2**30
    plain = [Pair(query=pair.query, reply=pair.reply) for pair in pairs]
    examples = tokenised(tokenizer, plain, max_length=room)
    pack = Pack(examples, next(network.parameters()).device)
    order = np.argsort([len(example.ids) for example in examples], kind="stable")
    out = np.empty(len(examples))
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS].tolist()
        batch = pack.batch(rows)
        kept = batch.targets.shape[1]
        logits = network(input_ids=batch.inputs, use_cache=False, logits_to_keep=kept).logits.float()
        nats = functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), reduction="none")
        # a batch's shares sum to one over its rows, all of equal weight here
        out[rows] = (nats.view_as(batch.share) * batch.share).sum(1).double().cpu().numpy() * len(rows)
    return out
