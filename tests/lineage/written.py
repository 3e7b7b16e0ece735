"""Small models that write by habit: each draws its phrases from its own house, or in part from its teacher's."""

import hashlib

import numpy as np

from angelshare.core.lineage import Answer, AnswerSource
from angelshare.lineage.answers import AnswerSet, Member

PROMPTS = [f"p{place}" for place in range(60)]
PLAIN = [f"word{place}" for place in range(300)]


def habits(name, n=120):
    rng = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    return [f"{name.lower().replace(' ', '')}{a} so{a % 7}" for a in rng.choice(400, n, replace=False)]


def answers(name, houses, *, seed=0, prompts=PROMPTS, words=60, prefix=""):
    """Give replies whose phrases come from `houses`, name to share; the rest is plain."""
    rng = np.random.default_rng([seed, int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)])
    pool = {house: habits(house) for house in houses}
    replies = {}
    for place, prompt in enumerate(prompts):
        topic = [f"topic{place}x{part}" for part in rng.integers(0, 8, 10)]
        said = []
        for _ in range(words):
            house = rng.choice([*houses, "plain"], p=[*houses.values(), 1 - sum(houses.values())])
            said.append(str(rng.choice(PLAIN if house == "plain" else pool[house])))
        text = prefix + " ".join([*topic, *said]).capitalize() + "."
        replies[prompt] = Answer(prompt=prompt, text=text, prompt_sha256=hashlib.sha256(prompt.encode()).hexdigest())
    return AnswerSet(name, replies)


def member(name, houses, **known):
    return Member(AnswerSource(name=name, file="", **known), answers(name, houses))


def teachers():
    return [member(name, {name: 0.5}, family=name) for name in ("Ash", "Birch", "Cedar")]


def nulls(n=20):
    return [
        member(f"null {place}", {f"own {place}": 0.4}, project=f"null {place}", base=f"b{place % 3}", taught_by=[])
        for place in range(n)
    ]


def students(n=2):
    return [
        member(
            f"student {family} {place}", {family: 0.25, f"s {family} {place}": 0.15}, project=f"s {family} {place}",
            taught_by=[family],
        )
        for family in ("Ash", "Birch", "Cedar")
        for place in range(n)
    ]  # fmt: skip
