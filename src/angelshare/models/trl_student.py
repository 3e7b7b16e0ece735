"""Recipe `trl`: TRL's SFTTrainer with a PEFT LoRA adapter on accelerate, for real models."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, disable_progress_bars, enable_progress_bars, is_progress_bar_enabled
from peft import LoraConfig
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from angelshare.core.errors import PlanError
from angelshare.core.protocols import Fitted
from angelshare.core.records import Meter, Pair
from angelshare.models.batching import Example
from angelshare.models.checkpoint import CheckpointModel, load, quiet
from angelshare.models.students import tokenised
from angelshare.models.training import Schedule, planned_steps, undertrained, wanted_steps

CHECKPOINTING = next(
    field.name for field in fields(SFTConfig) if field.name in ("activation_checkpointing", "gradient_checkpointing")
)
"""What TRL's setting is called: transformers 5.20 or so renamed it and warns of the old name."""


class TrlStudent:
    """Learn from text with TRL; on a GPU in bf16 with gradient checkpointing, on a CPU in float32 without.

    Args:
        base: checkpoint to start from (see the `hf` model).
        gguf_file: name of a GGUF file inside it, if the weights are in that format.
        epochs, max_steps, batch, learning_rate, warm_up, weight_decay: see `training.Schedule`; the rate is for LoRA.
        lora_rank: rank of the adapter; 0 trains all weights.
        lora_alpha: the adapter's output is scaled by alpha / rank (Hu et al. 2021, arXiv 2106.09685, section 4.1).
        target_modules: names of the layers that get an adapter, or "all-linear".
        max_length: pairs longer than this many tokens are an error, never cut in silence.
        eval_batch: rows decoded together when the student answers.
    """

    def __init__(
        self, base: str, *, gguf_file: str = "", epochs: float = 3.0, max_steps: int = 400, batch: int = 16,
        learning_rate: float = 2e-4, warm_up: float = 0.1, weight_decay: float = 0.0, lora_rank: int = 16,
        lora_alpha: float = 32.0, target_modules: str | Sequence[str] = "all-linear", max_length: int = 2048,
        eval_batch: int = 64,
    ) -> None:  # fmt: skip
        self.base, self.gguf_file, self.max_length, self.eval_batch = base, gguf_file, max_length, eval_batch
        self.lora_rank, self.lora_alpha, self.target_modules = lora_rank, lora_alpha, target_modules
        self.schedule = Schedule(
            epochs=epochs, max_steps=max_steps, batch=batch, learning_rate=learning_rate, warm_up=warm_up,
            weight_decay=weight_decay,
        )  # fmt: skip

    def fit(self, pairs: Sequence[Pair], *, seed: int, workspace: Path) -> Fitted:
        """Train a copy of the base on `pairs`; the adapter is merged into the weights that answer."""
        cpu, wall = time.process_time(), time.perf_counter()
        network, tokenizer = load(self.base, gguf_file=self.gguf_file)
        examples = tokenised(tokenizer, pairs, max_length=self.max_length)
        _require_hard(pairs)
        with torch.random.fork_rng(), quiet(), _no_bars(), warnings.catch_warnings():
            # PEFT still reads the name that transformers renamed
            warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
            torch.manual_seed(seed)  # the adapter is initialised before the trainer sets its own seed
            trainer = self._trainer(network, tokenizer, examples, seed=seed, output=workspace / "trl")
            trainer.train()
        # what TRL itself counted, so that the meter is about what ran
        history = np.array([line["loss"] for line in trainer.state.log_history if "loss" in line])
        tokens = int(trainer.state.num_input_tokens_seen)
        meter = Meter(
            steps=trainer.state.global_step,
            examples=_seen(trainer.state.global_step, len(examples), self.schedule.batch),
            tokens=tokens, training_flop=training_flop(trainer.model, tokens),
            cpu_seconds=time.process_time() - cpu, wall_seconds=time.perf_counter() - wall,
            loss=float(history[-max(1, len(history) // 10) :].mean()),
            converged=not undertrained(
                history, capped=self.schedule.max_steps < wanted_steps(len(examples), self.schedule)
            ),
        )  # fmt: skip
        learned = trainer.model.merge_and_unload() if self.lora_rank else trainer.model
        return Fitted(CheckpointModel.of(learned, tokenizer, name="student", batch=self.eval_batch), meter)

    def _trainer(
        self,
        network: Any,  # noqa: ANN401 - any transformers causal LM
        tokenizer: Any,  # noqa: ANN401 - a transformers tokenizer
        examples: Sequence[Example],
        *,
        seed: int,
        output: Path,
    ) -> SFTTrainer:
        trainer = SFTTrainer(
            model=network,
            args=self._settings(len(examples), seed=seed, output=output),
            train_dataset=Dataset.from_list([_row(example) for example in examples]),
            processing_class=tokenizer,
            peft_config=self._adapter(),
        )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _settings(self, examples: int, *, seed: int, output: Path) -> SFTConfig:
        cuda = torch.cuda.is_available()
        schedule = self.schedule
        steps = planned_steps(examples, schedule)
        return SFTConfig(
            output_dir=str(output), max_steps=steps, per_device_train_batch_size=schedule.batch,
            learning_rate=schedule.learning_rate, warmup_steps=round(schedule.warm_up * steps),
            lr_scheduler_type="cosine", weight_decay=schedule.weight_decay, max_grad_norm=schedule.clip,
            # bf16 on most CPUs is tens of times slower than float32, and checkpointing trades time for GPU memory
            bf16=cuda and torch.cuda.is_bf16_supported(), use_cpu=not cuda,
            dataloader_pin_memory=cuda, max_length=None, completion_only_loss=True, seed=seed, data_seed=seed,
            save_strategy="no", logging_steps=1, report_to="none", disable_tqdm=True, log_level="error",
            include_num_input_tokens_seen="non_padding", **{CHECKPOINTING: cuda},
        )  # fmt: skip

    def _adapter(self) -> LoraConfig | None:
        if not self.lora_rank:
            return None
        modules = self.target_modules if isinstance(self.target_modules, str) else list(self.target_modules)
        return LoraConfig(
            r=self.lora_rank,
            lora_alpha=self.lora_alpha,
            lora_dropout=0.0,
            target_modules=modules,
            task_type="CAUSAL_LM",
        )


def training_flop(network: Any, tokens: int) -> float:  # noqa: ANN401 - any torch module
    """Count the FLOP of training, attention scores left out.

    Two per weight and token for the forward pass, two for the gradient of activations, and two for the gradient of
    weights where they are trained: (4 N + 2 N_trained) x tokens, which is 6 N x tokens when all are
    (Kaplan et al. 2020, arXiv 2001.08361, section 2.1). N counts the adapter too.
    """
    total = sum(p.numel() for p in network.parameters())
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return float((4 * total + 2 * trained) * tokens)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Hold back the bars of `datasets`."""
    shown = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            enable_progress_bars()


def _row(example: Example) -> dict[str, list[int]]:
    """Write an example in TRL's tokenised prompt-completion format; tokens are then those the student is asked with."""
    replies = len(example.ids) - example.prompt
    return {"input_ids": example.ids, "completion_mask": [0] * example.prompt + [1] * replies}


def _require_hard(pairs: Sequence[Pair]) -> None:
    if not pairs:
        raise PlanError("no pairs to train on: every query was refused, or no label is public (see public_labels)")
    if any(pair.weight != pairs[0].weight for pair in pairs):
        raise PlanError("'trl' has no weights per pair; use the recipe 'sequence', or give every pair the same weight")


def _seen(steps: int, examples: int, batch: int) -> int:
    """Examples seen in `steps`, the last batch of an epoch being a rest."""
    per_epoch = -(-examples // batch)
    return steps // per_epoch * examples + steps % per_epoch * batch
