from __future__ import annotations

import numpy as np
import torch

from angelshare.core.records import Pair
from angelshare.models.checkpoint import load, prompts_ids
from angelshare.models.likelihood import reply_nats
from angelshare.tasks.skills import SkillsTask


def test_nats_are_those_of_one_reply_scored_alone():
    network, tokenizer = load("bundled:base")
    pairs = [Pair(query=item.query, reply=item.worked) for item in SkillsTask().queries(6, seed=1)]

    found = reply_nats(network.eval(), tokenizer, pairs)

    for pair, value in zip(pairs, found, strict=True):
        (prompt,) = prompts_ids(tokenizer, [pair.query.messages])
        ids = [*prompt, *tokenizer(pair.reply, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        with torch.inference_mode():
            logs = network(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        own = [-float(logs[k - 1, ids[k]]) for k in range(len(prompt), len(ids))]
        assert np.isclose(value, np.mean(own), atol=1e-4)


def test_the_teacher_finds_its_own_reply_likelier_than_another_answer():
    network, tokenizer = load("bundled:teacher")
    item = SkillsTask().queries(1, seed=1)[0]
    right, wrong = (Pair(query=item.query, reply=text) for text in (item.worked, item.worked[:-1] + "x"))

    nats = reply_nats(network.eval(), tokenizer, [right, wrong])

    assert nats[0] < 0.1 < nats[1]


def test_no_pairs_have_no_nats():
    assert reply_nats(None, None, []).shape == (0,)
