"""Our training loop beside a bare torch loop and beside TRL's SFTTrainer, on the same network and pairs."""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional

from angelshare.core.records import Pair
from angelshare.measure.engines import one_thread
from angelshare.models.batching import Example, batches
from angelshare.models.checkpoint import load
from angelshare.models.students import tokenised
from angelshare.models.training import Schedule, train
from angelshare.tasks.skills import SkillsTask

PAIRS = 1280
EPOCHS = 2
ROUNDS = 5
"""The loops take turns, and the figure is the median of the rounds' ratios, so a busy moment hits all of them."""
SCHEDULE = Schedule(epochs=EPOCHS, batch=64)


def bare(network: Any, examples: Sequence[Example]) -> None:
    """What one writes in a notebook: padded batches of the same rows, cross-entropy on replies, clip, AdamW."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, fused=True)
    steps = EPOCHS * PAIRS // SCHEDULE.batch
    network.train()
    for rows in batches([len(example.ids) for example in examples], SCHEDULE.batch, steps, seed=1):
        width = max(len(examples[k].ids) for k in rows)
        ids = torch.zeros((len(rows), width), dtype=torch.long)
        labels = torch.full((len(rows), width), -100)
        for place, k in enumerate(rows):
            example = examples[k]
            ids[place, : len(example.ids)] = torch.tensor(example.ids)
            labels[place, example.prompt : len(example.ids)] = ids[place, example.prompt : len(example.ids)]
        logits = network(input_ids=ids, use_cache=False).logits
        loss = functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()


def own(network: Any, examples: Sequence[Example]) -> None:
    train(network, examples, SCHEDULE, seed=1)


def trl(network: Any, examples: Sequence[Example], tokenizer: Any) -> Callable[[], object]:
    """TRL set up with the same batches' size, bf16 and checkpointing off; only its training is timed."""
    from datasets import Dataset  # noqa: PLC0415 - the hf extra
    from transformers import PrinterCallback  # noqa: PLC0415
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415

    from angelshare.models.trl_student import CHECKPOINTING  # noqa: PLC0415

    rows = [{"input_ids": e.ids, "completion_mask": [0] * e.prompt + [1] * (len(e.ids) - e.prompt)} for e in examples]
    settings = SFTConfig(
        output_dir=tempfile.gettempdir(), num_train_epochs=EPOCHS, per_device_train_batch_size=SCHEDULE.batch,
        learning_rate=2e-3, bf16=False, use_cpu=True, dataloader_pin_memory=False, max_length=None,
        save_strategy="no", report_to="none", disable_tqdm=True, logging_strategy="no", **{CHECKPOINTING: False},
    )  # fmt: skip
    trainer = SFTTrainer(
        model=network, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )
    trainer.remove_callback(PrinterCallback)
    return trainer.train


def seconds(run: Callable[[], object]) -> float:
    """CPU time: unlike wall time it does not grow when others use the machine."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure() -> list[tuple[str, float, str]]:
    one_thread()
    # deterministic mode would also fill every new tensor with NaN: a debugging aid that TRL pays dearly for
    torch.utils.deterministic.fill_uninitialized_memory = False
    network, tokenizer = load("bundled:base")
    items = SkillsTask().queries(PAIRS, seed=1)
    pairs = [Pair(query=item.query, reply=item.worked or item.answer) for item in items]
    examples = tokenised(tokenizer, pairs, max_length=512)
    tokens = EPOCHS * sum(len(example.ids) for example in examples)
    spent: dict[str, list[float]] = {"own": [], "bare": [], "trl": []}
    for _ in range(ROUNDS):
        spent["own"].append(seconds(lambda: own(copy.deepcopy(network), examples)))
        spent["bare"].append(seconds(lambda: bare(copy.deepcopy(network), examples)))
        spent["trl"].append(seconds(trl(copy.deepcopy(network), examples, tokenizer)))
    to_bare = statistics.median(a / b for a, b in zip(spent["own"], spent["bare"], strict=True))
    to_trl = statistics.median(a / b for a, b in zip(spent["trl"], spent["own"], strict=True))
    return [
        ("training, one thread", tokens / statistics.median(spent["own"]), "tokens/CPU-s"),
        ("training: our loop's time over a bare torch loop's", to_bare, "x, at most 1.15"),
        ("training: TRL SFTTrainer's time over our loop's", to_trl, "x, at least 2"),
    ]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
