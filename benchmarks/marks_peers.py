"""Detectors of other packages, each behind `ids -> (scored, statistic)`; those not installed are left out.

transformers is installed for the tests. The others are not, being large or pinned to much else: unpack their wheels
(`pip download --no-deps vllm==0.33.0 textseal==0.0.5 sbw==1.0.0`, then unzip) into a folder and name it in
ANGELSHARE_PEERS. vLLM's watermarking modules then run without the rest of vLLM, which they only import names from.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

Detect = Callable[[np.ndarray], tuple[int, float]]
"""Scored draws and statistic of one stream of token ids."""
NUMBER = 15_485_863
"""Key of all peers: the one transformers comes with."""


def available() -> Path | None:
    """Give the folder of unpacked wheels."""
    folder = os.environ.get("ANGELSHARE_PEERS")
    return Path(folder) if folder else None


def transformers_green(scheme: str, vocabulary: int) -> Detect:
    """WatermarkDetector with its de-duplication on, and its own p-value."""
    from transformers import PretrainedConfig, WatermarkDetector, WatermarkingConfig  # noqa: PLC0415 - a peer is imported only where it is timed

    config = PretrainedConfig()
    config.vocab_size, config.bos_token_id, config.is_encoder_decoder = vocabulary, vocabulary + 1, False
    marking = WatermarkingConfig(
        greenlist_ratio=0.25, hashing_key=NUMBER, seeding_scheme=scheme, context_width=1 if scheme == "lefthash" else 4
    )
    detector = WatermarkDetector(config, "cpu", marking, ignore_repeated_ngrams=True)

    def detect(ids: np.ndarray) -> tuple[int, float]:
        found = detector(torch.tensor(ids)[None], return_dict=True)
        return int(found.num_tokens_scored[0]), float(found.num_green_tokens[0])

    return detect


def transformers_synthid(keys: list[int]) -> Detect:
    """g-values and the mask of repeated contexts; it has no p-value without a trained classifier."""
    from transformers.generation.logits_process import SynthIDTextWatermarkLogitsProcessor  # noqa: PLC0415 - a peer is imported only where it is timed

    processor = SynthIDTextWatermarkLogitsProcessor(
        ngram_len=5,
        keys=keys,
        sampling_table_size=65_536,
        sampling_table_seed=0,
        context_history_size=1024,
        device="cpu",
    )

    def detect(ids: np.ndarray) -> tuple[int, float]:
        row = torch.tensor(ids)[None]
        values, mask = processor.compute_g_values(row), processor.compute_context_repetition_mask(row)
        kept = values[mask.bool()]
        return kept.numel(), float(kept.sum())

    return detect


def vllm_gumbel(folder: Path) -> Detect:
    """GumbelWatermarkDetector with its de-duplication and its p-value."""
    _stand_alone(folder)
    from vllm.v1.watermarking.gumbel import GumbelWatermarkDetector  # noqa: PLC0415 - a peer is imported only where it is timed

    detector = GumbelWatermarkDetector(NUMBER)

    def detect(ids: np.ndarray) -> tuple[int, float]:
        found = detector.detect(ids.tolist())
        return found.num_scored_tokens, found.score

    return detect


def textseal(folder: Path, method: str) -> Detect:
    """The scoring of textseal with de-duplication (v2): `binary` green lists, or `uniform` for Gumbel-max."""
    _package("textseal", folder / "textseal")
    from textseal.common.watermark.core import WatermarkConfig, score_tokens  # noqa: PLC0415 - a peer is imported only where it is timed

    arguments = WatermarkConfig(secret_key=NUMBER, ngram=4, method=method, gamma=0.25, scoring_method="v2")

    def detect(ids: np.ndarray) -> tuple[int, float]:
        scores, mean = score_tokens(torch.tensor(ids), arguments)
        return len(scores), mean * len(scores)

    return detect


def sbw_selfhash(folder: Path, vocabulary: int) -> Detect:
    """The detector of sbw on its `selfhash`, which is lm-watermarking's of the same name, de-duplicated by n-gram."""
    sys.path.insert(0, str(folder))
    from sbw.detector import WatermarkDetector  # noqa: PLC0415 - a peer is imported only where it is timed

    detector = WatermarkDetector(
        device=torch.device("cpu"), tokenizer=object(), vocab=list(range(vocabulary)), gamma=0.25,
        seeding_scheme="selfhash", hash_key=NUMBER, normalizers=[],
    )  # fmt: skip

    def detect(ids: np.ndarray) -> tuple[int, float]:
        found = detector._score_sequence(torch.tensor(ids))  # noqa: SLF001 - its public method wants a tokenizer and text
        return found["num_tokens_scored"], float(found["num_green_tokens"])

    return detect


def _stand_alone(folder: Path) -> None:
    """Let vLLM's watermarking modules import what little they need of vLLM."""
    root = folder / "vllm"
    for name, path in (("vllm", root), ("vllm.config", root / "config"), ("vllm.v1", root / "v1"),
                       ("vllm.v1.watermarking", root / "v1" / "watermarking")):  # fmt: skip
        _package(name, path)
    for name in ("vllm.v1.worker", "vllm.v1.worker.gpu", "vllm.v1.worker.gpu.sample"):
        _package(name, root / "absent")
    _module("vllm.config.utils", config=lambda kind: kind)
    _module("vllm.logger", init_logger=logging.getLogger)
    _module("vllm.v1.worker.gpu.sample.gumbel", gumbel_sample=None)


def _package(name: str, path: Path) -> None:
    module = ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module


def _module(name: str, **names: object) -> None:
    module = ModuleType(name)
    for key, value in names.items():
        setattr(module, key, value)
    sys.modules[name] = module
