"""Campaigns shaped after public reports, and what it costs one to be harder to find.

Exchanges, accounts and days are the reporters' own, unaudited; no party is named here. They describe what a
simulated campaign does, so that a detector can be tested on it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from angelshare.detect.world import people
from angelshare.detect.world.plan import Adaptation, CampaignPlan, Preset
from angelshare.detect.world.shapes import Shape

_HYDRA = Shape(
    why="a proxy network of thousands of accounts that mixes harvesting with other customers' requests "
    "(a provider's report of February 2026); rate of a letter of June 2026: 28.8e6 / 25,000 / 45 days",
    per_account_day=25.6, spread=people.SPREAD, ceiling=40.0, cover=0.0,
    families=("harvest-instructions", "harvest-code", "harvest-reasoning", "harvest-tools"), templates=56,
    jobs=2, paraphrased=0.6, clock="people", synchronised=0.5, bursts=10, one_network=0.4, networks=40,
    payees=4, one_payer=0.15, one_agent=0.25, agents=2, fresh=0.35, blocked=0.01, strips=0.5,
)  # fmt: skip

PRESETS: Mapping[Preset, Shape] = {
    "hydra-100": _HYDRA,
    "hydra-50": dataclasses.replace(_HYDRA, cover=0.5),
    "hydra-25": dataclasses.replace(_HYDRA, cover=0.75),
    "low-rate-relay": dataclasses.replace(
        _HYDRA, per_account_day=5.6, ceiling=300.0, cover=0.5, blocked=0.005,
        why="a relay over thousands of light accounts (a provider's report of September 2026): 300,000 requests "
        "through 5,380 accounts in 10 days",
    ),
    "fixed-prompt-cot": dataclasses.replace(
        _HYDRA, families=("elicitation",), templates=1, jobs=0, clock="round-the-clock", blocked=0.02,
        why="one fixed prompt that makes the model write its reasoning between tags (a provider's report of "
        "September 2026), at the rate of the letter of June 2026",
    ),
    "slow-drip": dataclasses.replace(
        _HYDRA, per_account_day=4.0, ceiling=300.0, cover=0.5, synchronised=0.1, ramp_days=14, blocked=0.0, fresh=0.2,
        why="a campaign that starts small and grows over two weeks, to pass for an ordinary customer (ours)",
    ),
    "silent-relay": dataclasses.replace(
        _HYDRA, per_account_day=5.6, ceiling=300.0, cover=1.0, templates=0, synchronised=0.0, one_network=0.5,
        networks=25, one_agent=0.3, one_payer=0.3, end_users=0, strips=0.7, clock="people",
        why="another service's real users, passed on without their knowledge (a provider's report of September "
        "2026): the prompts are people's own, only networks, clients and payments are shared",
    ),
    "day-one-retarget": dataclasses.replace(
        _HYDRA, cover=0.5, retarget=0.5,
        why="half of the traffic moves to a new model within a day of its release (a provider's report of "
        "February 2026)",
    ),
    "failover-pools": dataclasses.replace(
        _HYDRA, cover=0.25, blocked=0.10, fresh=0.6,
        why="two pools of accounts in hot standby: one takes over as the other is blocked (a provider's report of "
        "September 2026)",
    ),
    "grader": dataclasses.replace(
        _HYDRA, per_account_day=13.3, cover=0.3, families=("grading",), templates=8, jobs=0,
        why="answers graded against a rubric, as a reward model is fed (a provider's report of February 2026); "
        "rate of a report of September 2026: 400,000 / 1,500 / 20 days",
    ),
}  # fmt: skip
"""The presets; rates per account and day are the reported exchanges over accounts and days."""

HARD: tuple[Preset, ...] = ("hydra-50", "hydra-25", "low-rate-relay", "slow-drip", "silent-relay", "day-one-retarget")
"""Presets in which no single raw column may tell the labels apart; the others repeat what the reports call blatant."""

COST: Mapping[Adaptation, tuple[float, str]] = {
    "jitter": (1.15, "workers wait: about a seventh of their time is idle"),
    "paraphrase": (1.3, "a rewriting call before each request, at about a third of its price"),
    "blend": (2.0, "half of the requests left are ordinary use: every harvested answer is paid twice"),
    "rotate": (1.4, "a fresh account every three days: registration and verification, spread over its requests"),
    "separate": (1.6, "own network, means of payment and client for each account, at resellers' prices"),
}
"""What each adaptation multiplies the price of a harvested answer by, and why; ours, to be read as an order of size."""


def shape_of(plan: CampaignPlan) -> Shape:
    """Give the behaviour of a campaign: its preset, its own rate and mix, then what it does to be harder to find."""
    shape = PRESETS[plan.preset]
    if plan.per_account_day is not None:
        shape = dataclasses.replace(shape, per_account_day=plan.per_account_day)
    if plan.spread is not None:
        shape = dataclasses.replace(shape, spread=plan.spread)
    if plan.mix is not None:
        shape = dataclasses.replace(shape, cover=1 - plan.mix)
    for adaptation in plan.adaptive:
        shape = _adapted(shape, adaptation)
    return shape


def cost(plan: CampaignPlan) -> float:
    """Give the price of a harvested answer against the same preset without adaptations: the product of `COST`."""
    product = 1.0
    for adaptation in dict.fromkeys(plan.adaptive):
        product *= COST[adaptation][0]
    return product


def _adapted(shape: Shape, adaptation: Adaptation) -> Shape:
    match adaptation:
        case "jitter":
            return dataclasses.replace(shape, burst_minutes=240.0, synchronised=shape.synchronised / 2, clock="people")
        case "paraphrase":
            return dataclasses.replace(shape, paraphrased=0.9)
        case "blend":
            return dataclasses.replace(shape, cover=1 - (1 - shape.cover) / 2)
        case "rotate":
            return dataclasses.replace(shape, rotate_days=3)
        case "separate":
            return dataclasses.replace(shape, one_network=0.0, one_payer=0.0, one_agent=0.0)
