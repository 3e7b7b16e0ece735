from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from angelshare.core.strict import decode_toml
from angelshare.measure.bundle import Recipe, rows, train_bundled
from angelshare.models.bundled import PRINTABLE, Shape, character_tokenizer, fresh_network
from angelshare.models.checkpoint import CheckpointModel, checkpoint_path, load
from angelshare.tasks.skills import SKILLS, SkillsTask, part_of

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "plans" / "bundled.toml"
SHIPPED = checkpoint_path("bundled:teacher").parent
ITEMS = 200


def accuracy(path: str) -> dict[str, float]:
    """Share of hard test items each of the eight skills gets right."""
    task, model = SkillsTask(), CheckpointModel(path)
    items = [*task.items("near", ITEMS), *task.items("held_out", ITEMS)]
    right: dict[str, list[float]] = {}
    for item, done in zip(items, model.answer([item.query for item in items]), strict=True):
        right.setdefault(item.domain, []).append(task.score(item, task.extract(item, done.text, "flexible")))
    assert all(len(scores) == ITEMS for scores in right.values())
    return {name: sum(scores) / ITEMS for name, scores in right.items()}


def test_the_shipped_weights_and_recipe_are_those_of_the_manifest():
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    assert hashlib.sha256(RECIPE.read_bytes()).hexdigest() == manifest["recipe_sha256"]
    assert set(manifest["weights_sha256"]) == {"teacher", "base", "small"}
    for name, digest in manifest["weights_sha256"].items():
        assert hashlib.sha256((SHIPPED / name / "model.safetensors").read_bytes()).hexdigest() == digest


def test_the_checkpoints_together_are_under_three_megabytes():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 3_000_000


def test_the_shapes_are_those_of_the_recipe():
    recipe = decode_toml(RECIPE.read_text(), Recipe, "bundled.toml")
    for name, pupil in (("teacher", recipe.teacher), ("base", recipe.base), ("small", recipe.small)):
        config = load(f"bundled:{name}")[0].config
        assert (config.hidden_size, config.num_hidden_layers) == (pupil.shape.width, pupil.shape.layers)
        assert (config.num_attention_heads, config.intermediate_size) == (pupil.shape.heads, pupil.shape.inner)


def test_the_teacher_knows_all_eight_skills():
    found = accuracy("bundled:teacher")
    assert set(found) == {skill.name for skill in SKILLS}
    assert all(share >= 0.98 for share in found.values()), found


def test_the_base_knows_hardly_any_hard_form():
    found = accuracy("bundled:base")
    assert all(share <= 0.15 for share in found.values()), found


def test_neither_was_taught_a_test_item():
    recipe = decode_toml(RECIPE.read_text(), Recipe, "bundled.toml")
    for name, pupil in (("teacher", recipe.teacher), ("base", recipe.base), ("small", recipe.small)):
        few = type(pupil)(
            seed=pupil.seed, examples_per_skill=300, hard=pupil.hard, far=pupil.far, traces=pupil.traces,
            shape=pupil.shape, schedule=pupil.schedule,
        )  # fmt: skip
        assert all(part_of(prompt) == "query" for prompt, _ in rows(name, few))


def test_a_small_recipe_trains_all_three_writes_them_whole_and_gives_the_same_bytes_again(tmp_path):
    small, changed = re.subn(r"(examples_per_skill|max_steps) = \d+", lambda key: f"{key[1]} = 3", RECIPE.read_text())
    assert changed == 6
    digests = []
    for run in ("first", "second"):
        steps = []
        train_bundled(
            small, "small.toml", tmp_path / run, on_step=lambda done, of, steps=steps: steps.append((done, of))
        )
        assert steps == [(1, 3), (2, 3), (3, 3)] * 3
        digests.append(json.loads((tmp_path / run / "manifest.json").read_text())["weights_sha256"])
        assert CheckpointModel(str(tmp_path / run / "teacher")).network.num_parameters() > 300_000
    assert digests[0] == digests[1]


@pytest.mark.parametrize("text", ["A12+3=", "<S3,1>\n K~ |", "".join(PRINTABLE)])
def test_the_character_tokenizer_gives_text_back_as_it_was(text):
    tokenizer = character_tokenizer()
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert len(ids) == len(text)
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_a_fresh_network_depends_on_its_seed_alone():
    tokenizer, shape = character_tokenizer(), Shape(width=16, layers=1, heads=2, inner=24)
    first, again, other = (fresh_network(shape, tokenizer, seed=seed).lm_head.weight for seed in (1, 1, 2))
    assert (first == again).all()
    assert not (first == other).all()
