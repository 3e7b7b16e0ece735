from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.keys import vocabulary_sha256, write_key
from angelshare.models.checkpoint import CheckpointModel
from angelshare.tasks.skills import SkillsTask

SECRET, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


@pytest.fixture(scope="session")
def teacher() -> CheckpointModel:
    return CheckpointModel("bundled:teacher", name="teacher")


@pytest.fixture(scope="session")
def base() -> CheckpointModel:
    return CheckpointModel("bundled:base", name="base")


@pytest.fixture(scope="session")
def items():
    return SkillsTask().items("near", 10)


@pytest.fixture(scope="session")
def accuracy(items):
    """The share of right answers in replies to `items`, read flexibly."""
    task = SkillsTask()

    def judge(replies) -> float:
        pairs = zip(items, replies, strict=True)
        return float(np.mean([task.score(item, task.extract(item, done.text, "flexible")) for item, done in pairs]))

    return judge


@pytest.fixture
def key_file(tmp_path: Path, base):
    """Write a key for the bundled vocabulary and give its path."""

    def write(**fields) -> str:
        path = tmp_path / f"key-{len(list(tmp_path.iterdir()))}.toml"
        whole = {"secret": SECRET, "window": 2, "vocabulary_size": 99} | fields
        write_key(path, WatermarkKey(vocabulary_sha256=vocabulary_sha256(base.tokenizer), **whole))
        return str(path)

    return write
