"""Batched decoding beside transformers' own generate at batch 1, on the bundled student's base and on the teacher."""

from __future__ import annotations

import statistics
import time

import torch

from angelshare.core.records import Query
from angelshare.measure.engines import one_thread
from angelshare.models.checkpoint import CheckpointModel, prompts_ids
from angelshare.tasks.skills import SkillsTask

MANY = 1000
FEW = 24
ROUNDS = 5


def alone(model: CheckpointModel, queries: list[Query]) -> float:
    """CPU seconds a query of generate(), one query at a time."""
    start = time.process_time()
    for query in queries:
        prompt = torch.tensor(prompts_ids(model.tokenizer, [query.messages]))
        model.network.generate(
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=query.sampling.max_tokens
        )
    return (time.process_time() - start) / len(queries)


def together(model: CheckpointModel, queries: list[Query]) -> float:
    """CPU seconds a query of our batched decoding."""
    start = time.process_time()
    assert sum(1 for _ in model.answer(queries)) == len(queries)
    return (time.process_time() - start) / len(queries)


def measure() -> list[tuple[str, float, str]]:
    one_thread()
    queries = [item.query for item in SkillsTask().items("near", MANY // 4)]
    results = []
    for name in ("base", "teacher"):
        model = CheckpointModel(f"bundled:{name}")
        alone(model, queries[:2])
        # every step of `alone` takes queries of all four skills, like the whole
        rounds = [(alone(model, queries[k :: MANY // FEW]), together(model, queries)) for k in range(ROUNDS)]
        rate = 1 / statistics.median(batched for _, batched in rounds)
        ratio = statistics.median(one / batched for one, batched in rounds)
        results += [
            (f"decoding, bundled {name}, batched, one thread", rate, "queries/CPU-s"),
            (f"decoding, bundled {name}: batched over generate() at batch 1", ratio, "x, at least 5"),
        ]
    return results


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
