"""A local Hugging Face checkpoint as a model: loading, prompts, and batched decoding with a KV cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase
from transformers.utils import logging

from angelshare.core.errors import CheckpointError, PlanError
from angelshare.core.protocols import Followed, Steering
from angelshare.core.records import Completion, Message, Query
from angelshare.models.decoding import Asked, Reply, completion, decode
from angelshare.models.following import course, follow
from angelshare.models.spelling import Spelling

WINDOW = 2048
"""Queries taken at a time; they are decoded shortest first and yielded in order."""


class CheckpointModel:
    """A causal LM in Hugging Face format, in float32 on the CPU unless `device` says otherwise.

    Args:
        path: a folder in Hugging Face format, `bundled:teacher` or `bundled:base`, or `package:NAME/FOLDER`
            for a checkpoint that an installed package carries.
        gguf_file: name of a GGUF file inside the folder, if the weights are in that format.
        batch: rows decoded together.
        device: a torch device.
        name: what reports call it; the folder's name if empty.

    Raises CheckpointError if the folder lacks weights, configuration or tokenizer.
    """

    remote = False
    steer: Callable[[], Steering] | None = None
    """Makes what changes the next-token scores of a batch; None for a model that answers as it is."""

    def __init__(
        self, path: str, *, gguf_file: str = "", batch: int = 256, device: str = "cpu", name: str = ""
    ) -> None:
        self.name = name or path
        self.batch = batch
        self.network, self.tokenizer = load(path, gguf_file=gguf_file)
        self.network.to(device).eval()

    @classmethod
    def of(cls, network: Any, tokenizer: Any, *, name: str, batch: int = 256) -> CheckpointModel:  # noqa: ANN401 - transformers types
        """Wrap a network that is already in memory."""
        self = cls.__new__(cls)
        self.name, self.batch, self.network, self.tokenizer = name, batch, network.eval(), tokenizer
        return self

    def steered(self, steer: Callable[[], Steering], *, name: str) -> CheckpointModel:
        """Give the same network answering under a fresh `steer()` per batch; see `core.protocols.Steerable`.

        One steering stands at a time: steering a steered model is refused with a PlanError.
        """
        if self.steer is not None:
            raise PlanError(
                f"'{self.name}' is steered already, and two defences that change its next-token scores do not mix: "
                "give one of them alone"
            )
        other = CheckpointModel.of(self.network, self.tokenizer, name=name, batch=self.batch)
        other.steer = steer
        return other

    def answer(self, queries: Iterable[Query]) -> Iterator[Completion]:
        """Answer in order; replies are greedy unless a query asks for a temperature."""
        remaining = iter(queries)
        while window := list(islice(remaining, WINDOW)):
            yield from self._window(window)

    def follow(self, queries: Sequence[Query], replies: Sequence[Completion]) -> Iterator[Followed | None]:
        """Follow another model's replies token by token; see `core.protocols.Follower`."""
        spelling = Spelling(self.tokenizer)
        prompts = prompts_ids(self.tokenizer, [query.messages for query in queries])
        courses = [
            course(self.tokenizer, spelling, prompt, reply) if prompt else None
            for prompt, reply in zip(prompts, replies, strict=True)
        ]
        yield from follow(self.network, courses, rows=self.batch)

    def _window(self, window: Sequence[Query]) -> list[Completion]:
        prompts = prompts_ids(self.tokenizer, [query.messages for query in window])
        asked = [self._asked(query, prompt) for query, prompt in zip(window, prompts, strict=True)]
        # rows of like length share a batch, so little is spent on padding
        order = sorted(range(len(asked)), key=lambda k: (asked[k].limit, len(asked[k].prompt)))
        replies: dict[int, Reply] = {}
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            steering = None if self.steer is None else self.steer()
            batch = [asked[k] for k in rows]
            replies |= zip(rows, decode(self.network, self.tokenizer, batch, steering), strict=True)
        spell = cache(lambda token: str(self.tokenizer.decode([token])))
        return [completion(asked[k], replies[k], self.tokenizer, spell) for k in range(len(asked))]

    def _asked(self, query: Query, prompt: list[int]) -> Asked:
        context = getattr(self.network.config, "max_position_embeddings", None)
        room = query.sampling.max_tokens if context is None else context - len(prompt)
        if not prompt:
            raise PlanError(f"query {query.id}: an empty prompt; a model needs at least one token to go on from")
        if room < 1:
            raise PlanError(
                f"query {query.id}: a prompt of {len(prompt)} tokens leaves no room for a reply; "
                f"'{self.name}' holds {context}; shorten the prompt"
            )
        return Asked(query, prompt, min(query.sampling.max_tokens, room))

    def save(self, folder: Path) -> None:
        """Write weights, configuration and tokenizer in Hugging Face format."""
        self.network.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def checkpoint_path(path: str) -> Path:
    """Resolve `bundled:`, `package:` and plain paths to a folder."""
    kind, _, rest = path.partition(":")
    if kind == "bundled":
        return Path(str(files("angelshare") / "bundled" / rest))
    if kind == "package":
        package, _, inner = rest.partition("/")
        # found, not imported: a package that carries weights may do anything when it is imported
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise CheckpointError(f"{path}: no package '{package}' is installed; install it, or give a folder")
        return Path(spec.submodule_search_locations[0]) / inner
    return Path(path)


def load(path: str, *, gguf_file: str = "") -> tuple[Any, Any]:
    """Load a network in float32 (bf16 is 50 times slower on CPUs) and its tokenizer, from disk only."""
    folder = checkpoint_path(path)
    _require(folder, gguf_file)
    extra = {"gguf_file": gguf_file} if gguf_file else {}
    try:
        with quiet():
            network = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, dtype=torch.float32, **extra)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **extra)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(f"{folder}: cannot load the checkpoint: {error}") from error
    if gguf_file:
        _forget_quantisation(network)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return network, tokenizer


def _forget_quantisation(network: Any) -> None:  # noqa: ANN401 - transformers types
    """Take off the mark of a GGUF file: its weights are float32 by now, and can be trained and saved as such."""
    network.is_quantized, network.hf_quantizer = False, None
    if hasattr(network.config, "quantization_config"):
        del network.config.quantization_config


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the library's progress bars: an audit loads a checkpoint per cell and has a bar of its own."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _require(folder: Path, gguf_file: str) -> None:
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such checkpoint folder; give a folder in Hugging Face format")
    if gguf_file:
        if not (folder / gguf_file).is_file():
            raise CheckpointError(f"{folder}: no file '{gguf_file}'; found {sorted(p.name for p in folder.iterdir())}")
        return
    wanted: dict[str, Sequence[str]] = {
        "config.json": ("config.json",),
        "a tokenizer (tokenizer.json or tokenizer_config.json)": (
            "tokenizer.json",
            "tokenizer_config.json",
            "tokenizer.model",
        ),
        "weights (*.safetensors)": ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"),
    }
    for what, names in wanted.items():
        if not any((folder / name).is_file() for name in names):
            raise CheckpointError(f"{folder}: the checkpoint lacks {what}; save it with save_pretrained()")


def prompts_ids(tokenizer: PreTrainedTokenizerBase, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
    """Turn conversations into token ids, by the tokenizer's chat template or, without one, line by line."""
    if not conversations:
        return []
    if tokenizer.chat_template:
        turns = [[{"role": turn.role, "content": turn.content} for turn in messages] for messages in conversations]
        texts = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    else:
        texts = ["\n".join(turn.content for turn in messages) for messages in conversations]
    # a template writes the special tokens itself
    rows: list[list[int]] = tokenizer(texts, add_special_tokens=not tokenizer.chat_template)["input_ids"]
    return rows
