"""What accounts share with one another, honest or not: networks, programs, e-mail domains, payments, organisations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from angelshare.detect.world.shapes import Shape

PREFIXES = 6000
"""Address prefixes of the world; the first tenth belong to clouds and hosting."""
NETWORKS = 180
"""Autonomous systems; a prefix belongs to one of them."""
AGENTS = 60
"""Client programs and browsers."""
DOMAINS = 400
"""E-mail domains, the first of them open to everybody."""
PLACES = 3
"""Prefixes an account calls from: home, work, on the way."""
RESELLERS = 60
"""Marketplaces and resellers whose means of payment pays for many accounts that have nothing else in common."""
CROWDED = 3.0
"""How much use leans to the most common prefixes, programs and domains: carriers' address translation and clouds put
thousands of customers behind one prefix, and a few client libraries send most requests."""
_COMPANIES, _FAMILIES, _RESOLD = 0.25, 0.2, 0.15
"""Shares of accounts in a company with other accounts, with a payer in the family, paid through a reseller; ours."""


@dataclass(frozen=True)
class Ties:
    """One entry per account of a group in every array; codes stand for names."""

    prefixes: NDArray[np.int64]
    """(accounts, PLACES) address prefixes."""

    agents: NDArray[np.int64]
    """(accounts, 2) client programs."""

    payer: NDArray[np.int64]
    """Means of payment; -1 for none."""

    domain: NDArray[np.int64]
    """E-mail domain."""

    org: NDArray[np.int64]
    """Organisation; -1 for none."""


def ties(g: int, shape: Shape, paid: NDArray[np.int64], rng: Generator) -> Ties:
    """Draw what the accounts of group `g` share.

    First everybody gets what anybody has; then the group's own share is laid over it. A group's prefixes, programs
    and domains come from those everybody uses; only how many share them is its own.
    """
    n, base = len(paid), g * 10**8
    run, kind = _runs(n, rng)
    company = kind == 1
    shared = _skewed(PREFIXES, CROWDED, (shape.networks,), rng)
    here = rng.random(n) < shape.one_network
    places = np.where(
        here[:, None], shared[rng.integers(0, shape.networks, (n, PLACES))], _places(shape, run, company, rng)
    )
    agents = _skewed(AGENTS, CROWDED, (n, 2), rng)
    program = _skewed(AGENTS, CROWDED + 1, (shape.agents,), rng)[rng.integers(0, shape.agents, n)]
    agents = np.where((rng.random(n) < shape.one_agent)[:, None], program[:, None], agents)
    own = np.where(company, _of_run(run, DOMAINS // 4, DOMAINS, rng), _skewed(DOMAINS, CROWDED, (n,), rng))
    domain = np.where(rng.random(n) < shape.one_domain, rng.integers(DOMAINS // 4, DOMAINS), own)
    org = np.where(rng.random(n) < shape.one_org, base, np.where(company, base + 1 + run, -1))
    return Ties(
        prefixes=places,
        agents=agents,
        payer=_payers(base, shape, paid, np.where(kind > 0, run, -1), rng),
        domain=domain,
        org=org,
    )


def _runs(n: int, rng: Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each account a circle, two at least and some large, and its kind: 0 none, 1 a company, 2 a family."""
    size = (2 * (1 - rng.random(n)) ** -0.7).clip(2, min(80, 2 + n // 20)).astype(np.int64)
    run = np.repeat(np.arange(n), size)[:n]
    kind = rng.choice(3, size=n, p=(1 - _COMPANIES - _FAMILIES, _COMPANIES, _FAMILIES))
    return run, kind[run]


def _places(shape: Shape, run: NDArray[np.int64], company: NDArray[np.bool_], rng: Generator) -> NDArray[np.int64]:
    """Draw where accounts call from: clouds or homes, mostly one place, a company's people mostly from its own."""
    n, cloud = len(run), PREFIXES // 10
    hosted = _skewed(cloud, CROWDED, (n, PLACES), rng)
    homes = cloud + _skewed(PREFIXES - cloud, CROWDED, (n, PLACES), rng)
    places = np.where((rng.random(n) < shape.cloud)[:, None], hosted, homes)
    office = company & (rng.random(n) < 0.7)  # noqa: PLR2004 - some work from elsewhere
    places[:, 0] = np.where(office, places[_first(run), 0], places[:, 0])
    places[:, 1:] = np.where(rng.random((n, PLACES - 1)) < 0.6, places[:, :1], places[:, 1:])  # noqa: PLR2004 - mostly one
    return places


def _payers(base: int, shape: Shape, paid: NDArray[np.int64], circle: NDArray[np.int64],
            rng: Generator) -> NDArray[np.int64]:  # fmt: skip
    """Draw means of payment: a circle's (-1 for none), a reseller's, one's own or none, and the group's over them."""
    n = len(paid)
    payer = np.where(circle >= 0, base + circle, base + 5 * 10**7 + np.arange(n))
    payer = np.where(rng.random(n) < _RESOLD, 10**15 + _skewed(RESELLERS, CROWDED, (n,), rng), payer)
    payer = np.where((paid == 0) & (rng.random(n) < 0.5), -1, payer)  # noqa: PLR2004 - a free plan may hold a card
    return np.where(rng.random(n) < shape.one_payer, base + 7 * 10**7 + np.arange(n) // max(shape.payees, 1), payer)


def _first(run: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the place of the first account of each account's circle."""
    return np.asarray(np.searchsorted(run, run))


def _of_run(run: NDArray[np.int64], low: int, high: int, rng: Generator) -> NDArray[np.int64]:
    """Draw one number for all accounts of a circle."""
    return np.asarray(rng.integers(low, high, len(run))[_first(run)])


def _skewed(n: int, power: float, size: tuple[int, ...], rng: Generator) -> NDArray[np.int64]:
    """Draw from `n` things of which the first are the most common."""
    return np.asarray((n * rng.random(size) ** power).astype(np.int64))
