"""Train the bundled closed teacher and open base from scratch, by the seeded recipe in plans/bundled.toml."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from angelshare.core.record import record
from angelshare.models.batching import Example
from angelshare.models.training import Schedule, train

PRINTABLE = [chr(code) for code in range(32, 127)]
"""The vocabulary: newline and every printable ASCII character, after padding and end."""


@record
class Shape:
    """Size of a Llama-architecture decoder."""

    width: int
    """Width of the residual stream."""

    layers: int
    """Decoder layers."""

    heads: int
    """Attention heads."""

    inner: int
    """Width of the gated MLP."""

    positions: int = 512
    """Longest context in tokens."""


def character_tokenizer() -> PreTrainedTokenizerFast:
    """Make a tokenizer of one token per character, in Hugging Face's fast format."""
    vocabulary = {token: i for i, token in enumerate(["<pad>", "<eos>", "<unk>", "\n", *PRINTABLE])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106 - not a password
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>",  # noqa: S106
        clean_up_tokenization_spaces=False,
    )  # fmt: skip
    fast.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    return fast


def fresh_network(shape: Shape, tokenizer: Any, *, seed: int) -> LlamaForCausalLM:  # noqa: ANN401 - a transformers tokenizer
    """Initialise a decoder with rotary positions, RMS norm and tied embeddings."""
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=shape.width, intermediate_size=shape.inner,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.heads,
        max_position_embeddings=shape.positions, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        initializer_range=shape.width**-0.5,
    )  # fmt: skip
    with torch.random.fork_rng():  # weights are drawn from torch's own generator: seeded here, given back as it was
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)


def tokenised(tokenizer: Any, rows: Sequence[tuple[str, str]]) -> list[Example]:  # noqa: ANN401 - a transformers tokenizer
    """Tokenise (prompt, reply) rows, each reply closed by the end token."""
    prompts = tokenizer([prompt for prompt, _ in rows], add_special_tokens=False)["input_ids"]
    replies = tokenizer([reply for _, reply in rows], add_special_tokens=False)["input_ids"]
    end = tokenizer.eos_token_id
    return [Example([*p, *r, end], len(p), 1.0) for p, r in zip(prompts, replies, strict=True)]


def pretrain(
    rows: Sequence[tuple[str, str]],
    shape: Shape,
    schedule: Schedule,
    *,
    seed: int,
    on_step: Callable[[int, int], None] | None = None,
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Train a fresh network on (prompt, reply) rows."""
    tokenizer = character_tokenizer()
    network = fresh_network(shape, tokenizer, seed=seed)
    train(network, tokenised(tokenizer, rows), schedule, seed=seed, on_step=on_step)
    return network, tokenizer


def save(network: Any, tokenizer: Any, folder: Path) -> str:  # noqa: ANN401 - transformers types
    """Write a checkpoint and return the SHA-256 of its weights."""
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
