"""What writing under a mark costs: batched decoding with each scheme over the same decoding without one, per token."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from types import SimpleNamespace

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from angelshare.core.marks import WatermarkKey
from angelshare.core.protocols import Steering
from angelshare.core.records import Message, Query, Sampling
from angelshare.defences.watermark.generate import marking
from angelshare.measure.engines import one_thread
from angelshare.models.checkpoint import CheckpointModel
from angelshare.models.decoding import Asked, decode

ROUNDS = 5
SECRET = "0123456789abcdef" * 2
SCHEMES = {
    "kgw": WatermarkKey(scheme="kgw", secret=SECRET, vocabulary_size=2, window=1),
    "unigram": WatermarkKey(scheme="unigram", secret=SECRET, vocabulary_size=2),
    "gumbel": WatermarkKey(scheme="gumbel", secret=SECRET, vocabulary_size=2),
    "synthid": WatermarkKey(scheme="synthid", secret=SECRET, vocabulary_size=2),
}

GREEDY = ("kgw", "unigram")
"""The schemes that mark greedy replies."""


def networks() -> list[tuple[str, CheckpointModel, int, int]]:
    """Give the bundled teacher, and an untrained network with a vocabulary of 50,000; rows and tokens of a batch."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=50_000, hidden_size=256, intermediate_size=768, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=4, bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    bundled = CheckpointModel("bundled:teacher")
    bundled.network.generation_config.eos_token_id = None
    network = LlamaForCausalLM(config)
    with torch.no_grad():
        # an untrained head is all but uniform over 50,000 tokens; this one doubts between a few, as trained ones do
        network.lm_head.weight.mul_(15)
    large = CheckpointModel.of(network, bundled.tokenizer, name="50k")
    return [
        ("bundled teacher, vocabulary 99, 128 rows", bundled, 128, 40),
        ("29M network, vocabulary 50k, 32 rows", large, 32, 24),
    ]


Steer = Callable[[], Steering] | None


def per_token(model: CheckpointModel, rows: int, tokens: int, *, steer: Steer, temperature: float) -> float:
    """Take the CPU seconds a token."""
    asked = [
        Asked(
            Query(
                id=str(row), messages=(Message(role="user", content=""),),
                sampling=Sampling(temperature=temperature, max_tokens=tokens),
            ),
            [3 + row % 90, 3 + row % 7, 5, 8], tokens,
        )
        for row in range(rows)
    ]  # fmt: skip
    start = time.process_time()
    # nothing ends a reply, so that what is compared writes the same number of tokens in batches of one shape
    endless = SimpleNamespace(pad_token_id=0, eos_token_id=None)
    replies = decode(model.network, endless, asked, None if steer is None else steer())
    return (time.process_time() - start) / sum(len(reply.ids) for reply in replies)


def measure() -> list[tuple[str, float, str]]:
    one_thread()
    results = []
    for name, model, rows, tokens in networks():
        size = model.network.config.vocab_size
        steers = {s: marking(dataclasses.replace(key, vocabulary_size=size)) for s, key in SCHEMES.items()}
        for temperature, schemes in ((1.0, tuple(SCHEMES)), (0.0, GREEDY)):
            taken = turns(model, rows, tokens, {s: steers[s] for s in schemes}, temperature=temperature)
            how = "at temperature 1" if temperature else "greedy"
            rate = 1 / statistics.median(plain for plain, _ in taken)
            results.append((f"decoding {how}, {name}, one thread", rate, "tokens/CPU-s"))
            for scheme in schemes:
                ratio = statistics.median(marked[scheme] / plain for plain, marked in taken)
                results.append((f"token under {scheme} over unmarked, {how}, {name}", ratio, "x, at most 1.10"))
    return results


def turns(
    model: CheckpointModel, rows: int, tokens: int, steers: dict[str, Callable[[], Steering]], *, temperature: float
) -> list[tuple[float, dict[str, float]]]:
    """Take turns after a short run of each, which compiles what is compiled."""

    def take(steer: Steer, n: int = tokens) -> float:
        return per_token(model, rows, n, steer=steer, temperature=temperature)

    for steer in (None, *steers.values()):
        take(steer, 3)
    return [(take(None), {scheme: take(steer) for scheme, steer in steers.items()}) for _ in range(ROUNDS)]


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name}: {value:,.2f} {unit}")
