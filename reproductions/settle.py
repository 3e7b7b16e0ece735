"""How B1's steps were set: the fewest whose held-out loss comes within 0.02 nats of the best, on a seed of its own.

`python -m reproductions.settle OUT` prints the ladder; its choice stands in `broad_local.MIXTURES`. Not part of
`make reproduce`: about three CPU-minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from angelshare.core.records import Item, Pair
from angelshare.measure.engines import one_thread
from angelshare.models.bundled import tokenised
from angelshare.models.checkpoint import CheckpointModel
from angelshare.tasks.facts_chat import FactsChatTask, OracleTeacher
from reproductions.broad_local import MIXTURES, Mixture, base_checkpoint
from reproductions.replay import ReplayStudent

SEED = 99
LADDER = {True: (100, 200, 400, 800), False: (500, 1000, 2000)}
"""Steps tried, by whether the mixture is broad."""
CLOSE = 0.02


def held_out(mixture: Mixture) -> Sequence[Item]:
    """Prompts neither learned nor tested: another seed's chat if broad, facts in a wording apart if local."""
    task = FactsChatTask(mixture.chat_share)
    if mixture.chat_share:
        return [item for item in task.queries(200, seed=SEED + 1) if item.domain == "chat"]
    return task.development(400)


def loss_of(model: CheckpointModel, rows: Sequence[tuple[str, str]]) -> float:
    """Mean over replies of the mean nats per reply token."""
    losses = []
    with torch.inference_mode():
        for example in tokenised(model.tokenizer, rows):
            ids = torch.tensor([example.ids])
            logits = model.network(input_ids=ids).logits[0, example.prompt - 1 : -1]
            losses.append(functional.cross_entropy(logits, ids[0, example.prompt :]).item())
    return float(np.mean(losses))


def ladder(mixture: Mixture, base: Path, out: Path) -> dict[int, float]:
    """Give held-out loss by steps."""
    task, teacher = FactsChatTask(mixture.chat_share), OracleTeacher()
    queries = [item.query for item in task.queries(mixture.budget, seed=SEED)]
    pairs = [Pair(query=query, reply=done.text) for query, done in zip(queries, teacher.answer(queries), strict=True)]
    unseen = [item.query for item in held_out(mixture)]
    rows = [(query.messages[-1].content, done.text) for query, done in zip(unseen, teacher.answer(unseen), strict=True)]
    found = {}
    for steps in LADDER[bool(mixture.chat_share)]:
        student = (
            ReplayStudent(str(base), replay=mixture.replay, max_steps=steps).fit(pairs, seed=SEED, workspace=out).model
        )
        if not isinstance(student, CheckpointModel):
            raise TypeError("the recipe gives a checkpoint in memory")
        found[steps] = loss_of(student, rows)
    return found


if __name__ == "__main__":
    one_thread()
    folder = Path(sys.argv[1])
    for one in MIXTURES:
        losses = ladder(one, base_checkpoint(folder), folder)
        chosen = min(steps for steps, loss in losses.items() if loss <= min(losses.values()) + CLOSE)
        steps = ", ".join(f"{steps}: {loss:.3f}" for steps, loss in losses.items())
        sys.stdout.write(f"{one.name}: {steps} -> {chosen}\n")
        sys.stdout.flush()
