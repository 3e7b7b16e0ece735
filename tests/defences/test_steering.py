"""Defences that change next-token scores: on the bundled pair, the base as a teacher where a mark needs chance."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from angelshare.core import plugins
from angelshare.core.errors import KeyMismatchError, PlanError
from angelshare.core.records import Use
from angelshare.defences.adfp import Fingerprint
from angelshare.defences.antidistillation import Apart
from angelshare.defences.lessons import Lesson, gradient, lessons
from angelshare.defences.proxy import Along
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.keys import decoy_keys, fingerprint, read_key
from angelshare.defences.watermark.tally import tally
from angelshare.models.checkpoint import CheckpointModel, prompts_ids
from angelshare.tasks.skills import SkillsTask
from defences.said import Saying

BASE = {"use": "hf", "options": {"path": "bundled:base"}}
SKILLS = {"use": "skills"}


def build(name: str, **options):
    return plugins.build("defences", Use(use=name, options=options))


def asked_hot(n: int, *, temperature: float):
    """Queries for long replies at a high temperature."""
    return [
        dataclasses.replace(
            item.query, sampling=dataclasses.replace(item.query.sampling, temperature=temperature, max_tokens=80)
        )
        for item in SkillsTask().queries(n, seed=3)
    ]


@pytest.fixture(scope="module")
def hot():
    return asked_hot(120, temperature=2.5)


def deviations(key, model, replies) -> float:
    """How many standard deviations the key's count lies above what an unmarked text gives."""
    counted = tally(key, [np.array(model.tokenizer(done.text)["input_ids"]) for done in replies])
    spread = counted.n * (1.0 if counted.law == "gamma" else counted.rate * (1 - counted.rate))
    return (counted.statistic - counted.n * counted.rate) / math.sqrt(spread)


MARKS = [
    {"scheme": "kgw", "window": 1}, {"scheme": "kgw", "window": 3, "seeding": "min", "gamma": 0.25},
    {"scheme": "kgw", "window": 2, "seeding": "additive"}, {"scheme": "kgw", "window": 2, "seeding": "self"},
    {"scheme": "gumbel", "window": 3}, {"scheme": "gumbel", "window": 3, "second_secret": "ab" * 16},
    {"scheme": "synthid", "window": 3},
]  # fmt: skip


@pytest.mark.parametrize("fields", MARKS, ids=lambda f: "-".join(str(v)[:8] for v in f.values()))
def test_a_mark_is_found_under_its_key_and_under_no_other(base, hot, key_file, fields):
    path = key_file(**({"delta": 4.0} | fields))
    key = read_key(Path(path))
    marked = build("watermark", key=path)(base)
    replies = list(marked.answer(hot))
    assert deviations(key, base, replies) > 8
    rest = [deviations(other, base, replies) for other in decoy_keys(key, 12, np.random.default_rng(1))]
    assert max(map(abs, rest)) < 5
    assert abs(deviations(key, base, base.answer(hot))) < 5


def test_a_unigram_mark_moves_the_tokens_towards_its_green_list(base, hot, key_file):
    """At 99 tokens the test on distinct tokens has no power; the shift itself shows in their frequencies."""
    path = key_file(scheme="unigram", delta=4.0)
    green = Greens(read_key(Path(path))).mask(np.zeros((1, 0), dtype=np.int64))[0]

    def share(replies) -> float:
        ids = np.concatenate([np.array(base.tokenizer(done.text)["input_ids"], dtype=np.int64) for done in replies])
        return float(green[ids].mean())

    assert share(build("watermark", key=path)(base).answer(hot)) > share(base.answer(hot)) + 0.15


def test_a_teacher_without_doubt_carries_no_mark_and_loses_nothing(teacher, items, accuracy, key_file):
    """The bundled teacher's next token is all but certain, so there is no choice a key could make."""
    path = key_file(scheme="kgw")
    queries = [item.query for item in items]
    replies = list(build("watermark", key=path)(teacher).answer(queries))
    assert accuracy(replies) == accuracy(teacher.answer(queries))
    assert abs(deviations(read_key(Path(path)), teacher, replies)) < 5


def test_the_key_shows_in_the_name_by_its_fingerprint_alone(base, key_file):
    path = key_file(scheme="kgw")
    key = read_key(Path(path))
    marked = build("watermark", key=path)(base)
    assert fingerprint(key) in marked.name
    assert key.secret not in marked.name + repr(vars(marked))


def test_the_watermark_raises_the_temperature_where_the_mark_lies_in_the_draw(base, hot, key_file):
    path = key_file(scheme="gumbel", window=3)
    greedy = [dataclasses.replace(q, sampling=dataclasses.replace(q.sampling, temperature=0.0)) for q in hot]
    with pytest.raises(PlanError, match="greedy"):
        list(build("watermark", key=path)(base).answer(greedy))
    assert (
        deviations(read_key(Path(path)), base, build("watermark", key=path, temperature=2.5)(base).answer(greedy)) > 8
    )


def test_resuming_half_way_gives_what_one_go_would(base, hot, key_file):
    marked = build("watermark", key=key_file(scheme="gumbel", window=3))(base)
    whole = [done.text for done in marked.answer(hot)]
    assert [done.text for part in (hot[:50], hot[50:]) for done in marked.answer(part)] == whole


# --- proxies --------------------------------------------------------------------------------------


def test_a_proxy_reads_along_as_if_it_read_the_whole(teacher, base):
    prompts = prompts_ids(teacher.tokenizer, [item.query.messages for item in SkillsTask().items("near", 2)])
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    along, written = Along(base.network), [torch.tensor([20 + k, 30 + k, 40 + k]) for k in range(len(prompts))]
    along.begin(ids, mask)
    last, rows = None, list(range(len(prompts)))
    for step in range(3):
        scores = along.logits(last)
        for place, row in enumerate(rows):
            alone = torch.tensor([[*prompts[row], *written[row][:step].tolist()]])
            with torch.inference_mode():
                expected = base.network(alone).logits[0, -1]
            assert torch.allclose(scores[place], expected, atol=1e-4)
        last = torch.stack([written[row][step] for row in rows])
        kept = torch.arange(1, len(rows))
        rows, last = rows[1:], last[1:]
        along.keep(kept)


@pytest.mark.parametrize(
    ("name", "options"),
    [("product-of-experts", {"weight": 0.4}), ("antidistillation", {"task": SKILLS, "strength": 0.3, "queries": 8})],
)
def test_replies_behind_a_proxy_do_not_depend_on_batch_or_order(teacher, items, name, options):
    queries = [item.query for item in items]
    small = CheckpointModel.of(teacher.network, teacher.tokenizer, name="teacher", batch=7)
    defence = build(name, proxy=BASE, **options)
    texts = [done.text for done in defence(teacher).answer(queries)]
    assert texts == [done.text for done in defence(small).answer(queries)]
    assert texts == [done.text for done in defence(teacher).answer(queries[::-1])][::-1]
    assert texts != [done.text for done in teacher.answer(queries)]


def test_a_product_of_experts_goes_from_the_teacher_to_the_proxy(teacher, base, items, accuracy):
    queries = [item.query for item in items]

    def at(weight: float):
        return list(build("product-of-experts", proxy=BASE, weight=weight)(teacher).answer(queries))

    assert [done.text for done in at(1e-6)] == [done.text for done in teacher.answer(queries)]
    assert [done.text for done in at(1 - 1e-6)] == [done.text for done in base.answer(queries)]
    assert accuracy(at(0.2)) > accuracy(at(0.5)) > accuracy(at(0.8))


def test_the_fingerprint_is_the_closed_form_of_the_paper(base, key_file):
    key = read_key(Path(key_file(scheme="kgw", window=1)))
    steering = Fingerprint(key, Greens(key), base, strength=30.0, end=base.tokenizer.eos_token_id)
    prompt = torch.tensor([[40, 41, 42], [0, 0, 50]])
    steering.begin(prompt, torch.tensor([[1, 1, 1], [0, 0, 1]]), [])
    logits = torch.zeros(2, 99)
    # where the teacher would end the reply nothing is moved
    logits[1, base.tokenizer.eos_token_id] = 9.0
    delta = steering.step(logits, None) - logits
    with torch.inference_mode():
        q = base.network(prompt[:1]).logits[0, -1].softmax(-1)
    green = torch.from_numpy(Greens(key).mask(np.array([[42]]))[0]).float()
    assert torch.allclose(delta[0], 30.0 * q * (green - (q * green).sum()), atol=1e-4)
    assert not delta[1].any()
    # lifts and drops cancel under the proxy: what greens gain in its eyes, the others lose
    assert float(delta[0][green == 1].min()) >= 0 >= float(delta[0][green == 0].max())


def test_the_fingerprint_is_found_under_its_key_alone(base, key_file):
    path = key_file(scheme="kgw", window=4)
    key = read_key(Path(path))
    replies = list(build("adfp", key=path, proxy=BASE, strength=100.0)(base).answer(asked_hot(400, temperature=2.0)))
    assert deviations(key, base, replies) > 8
    rest = [deviations(other, base, replies) for other in decoy_keys(key, 12, np.random.default_rng(1))]
    assert max(map(abs, rest)) < 5


def test_the_gradient_is_the_direction_in_which_the_loss_rises(teacher, base, items):
    given = lessons(teacher, [item.query for item in items[:20]])
    assert teacher.tokenizer.decode(given[0].prompt) == items[0].query.messages[-1].content
    assert given[0].reply[-1] == teacher.tokenizer.eos_token_id
    slope = gradient(base.network, given)
    assert sum(float((part**2).sum()) for part in slope.values()) == pytest.approx(1.0, abs=1e-4)
    plus, minus = (Apart(base, eps).networks(teacher, [i.query for i in items[:20]])[0] for eps in (1e-2, -1e-2))
    assert loss(plus, given) > loss(base.network, given) + 1e-3 > loss(minus, given) + 2e-3


def loss(network, given: list[Lesson]) -> float:
    with torch.inference_mode():
        return float(
            np.mean([
                network(torch.tensor([[*each.prompt, *each.reply]]), labels=torch.tensor(
                    [[-100] * len(each.prompt) + list(each.reply)])).loss.item()
                for each in given
            ])
        )  # fmt: skip


def test_antidistillation_lowers_what_training_on_it_would_teach(teacher, base, items, accuracy):
    """The proxy, moved a step along its gradient on defended replies, gains less on clean ones than on clean replies."""
    queries = [item.query for item in items]
    defended = build("antidistillation", proxy=BASE, task=SKILLS, strength=0.5)(teacher)
    clean, poisoned = lessons(teacher, queries), []
    for lesson, done in zip(clean, defended.answer(queries), strict=True):
        reply = [*teacher.tokenizer(done.text)["input_ids"], teacher.tokenizer.eos_token_id]
        poisoned.append(Lesson(lesson.prompt, reply))
    wanted = gradient(base.network, clean)

    def alignment(given) -> float:
        return sum(float((wanted[name] * part).sum()) for name, part in gradient(base.network, given).items())

    assert alignment(clean) == pytest.approx(1.0, abs=1e-3)
    assert alignment(poisoned) < 0.8
    assert accuracy(defended.answer(queries)) < accuracy(teacher.answer(queries))


def test_what_a_defence_costs_is_told(teacher, base, key_file):
    costs = {
        "product-of-experts": build("product-of-experts", proxy=BASE, weight=0.2)(teacher).cost.passes_per_token,
        "adfp": build("adfp", key=key_file(scheme="kgw"), proxy=BASE, strength=1.0)(teacher).cost.passes_per_token,
        "antidistillation": build("antidistillation", proxy=BASE, task=SKILLS, strength=1.0)(
            teacher
        ).cost.passes_per_token,
        "watermark": build("watermark", key=key_file(scheme="synthid"))(base).cost.passes_per_token,
    }
    assert costs == {"product-of-experts": 1, "adfp": 1, "antidistillation": 2, "watermark": 0}


# --- refusals -------------------------------------------------------------------------------------


def steering_defences(key_file):
    return {
        "watermark": build("watermark", key=key_file(scheme="kgw")),
        "adfp": build("adfp", key=key_file(scheme="kgw"), proxy=BASE, strength=1.0),
        "antidistillation": build("antidistillation", proxy=BASE, task=SKILLS, strength=1.0),
        "product-of-experts": build("product-of-experts", proxy=BASE, weight=0.2),
    }


def test_a_remote_model_cannot_be_steered_and_the_refusal_says_what_would_do(key_file):
    for name, defence in steering_defences(key_file).items():
        with pytest.raises(PlanError, match=rf"'{name}': 'saying' is hosted by someone else.*--watermark-config"):
            defence(Saying("12", remote=True))
        with pytest.raises(PlanError, match=rf"'{name}': 'saying' has no next-token scores.*put this defence first"):
            defence(Saying("12"))


def test_two_defences_do_not_steer_one_model(base, key_file):
    defences = steering_defences(key_file)
    with pytest.raises(PlanError, match="no next-token scores to change"):
        defences["adfp"](defences["watermark"](base))


@pytest.fixture
def foreign(tmp_path, base):
    """The base's network with a tokenizer of other ids."""
    vocabulary = {token: 98 - place for token, place in base.tokenizer.get_vocab().items()}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>")), eos_token="<eos>", pad_token="<pad>",
        unk_token="<unk>",
    )  # fmt: skip
    CheckpointModel.of(base.network, tokenizer, name="foreign").save(tmp_path / "foreign")
    return {"use": "hf", "options": {"path": str(tmp_path / "foreign"), "name": "foreign"}}


def test_a_proxy_with_another_tokenizer_is_refused_naming_both(teacher, foreign):
    with pytest.raises(PlanError, match=r"'teacher' has 99 tokens and 'foreign' 99, of which 98"):
        build("product-of-experts", proxy=foreign, weight=0.2)(teacher)


def test_a_key_of_another_tokenizer_is_refused(base, key_file):
    with pytest.raises(KeyMismatchError, match="vocabulary_size"):
        build("watermark", key=key_file(scheme="kgw", vocabulary_size=50000))(base)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("product-of-experts", {"proxy": BASE, "weight": 1.0}, "weight is 1"),
        ("antidistillation", {"proxy": BASE, "task": SKILLS, "strength": 0.0}, "strength is 0"),
        ("antidistillation", {"proxy": BASE, "task": SKILLS, "strength": 1.0, "epsilon": -1.0}, "epsilon is -1"),
        ("antidistillation", {"proxy": SKILLS, "task": SKILLS, "strength": 1.0}, "no models named 'skills'"),
    ],
)
def test_what_cannot_be_done_is_refused(name, options, said):
    with pytest.raises((PlanError, plugins.PluginError), match=said):
        build(name, **options)


def test_a_fingerprint_needs_a_green_list(key_file):
    with pytest.raises(PlanError, match="is gumbel on schedule angelshare"):
        build("adfp", key=key_file(scheme="gumbel"), proxy=BASE, strength=1.0)
