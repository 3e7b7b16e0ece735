"""What is asked, and in what form: from features of prompts, never from their text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import FEWEST_OTHERS, Group, Measured, excess, measured, once, share, strata
from angelshare.detect.signals.pairs import excess_pairs

TAUGHT = ("code", "maths", "reasoning", "tool use")
"""Kinds of work that students are trained for, as public reports name them."""
AGAIN = 3
"""Times an identical prompt comes from one account before it counts as kept for measuring."""
RARE_CAPABILITY = 0.01
"""Share added to every kind of work, so that one that a cohort lacks is not without limit."""
NEIGHBOURS, MEMBERS, PAST = 5, 64, 20_000
"""Neighbours that set a radius; members and accounts of the history that are looked at, evenly spaced by id."""
SEEN = 3
"""Requests with features that an account's mean needs."""


# --- ways of asking -------------------------------------------------------------------------------


@once
def asks_reasoning(accounts: Accounts) -> Measured:
    """Measure the share of prompts that ask for reasoning to be spelt out."""
    return share(accounts, "cot", "text_known")


@once
def asks_grades(accounts: Accounts) -> Measured:
    """Measure the share of prompts that ask for answers to be graded."""
    return share(accounts, "rubric", "text_known")


def reasoning(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members ask more for reasoning than accounts of like volume, in standard deviations."""
    del history
    return excess(group, asks_reasoning(current))


@once
def repeated(accounts: Accounts) -> Measured:
    """Measure the share of an account's prompts that it sent `AGAIN` times or more, word for word.

    By SimHash, and of the prompts that more than one account sent: a harness runs from several.
    """
    links, text = accounts.links["simhash"], accounts.columns["text_known"]
    row = np.repeat(np.arange(len(accounts)), np.diff(links.counts.indptr))
    often = links.counts.data >= AGAIN
    kept = np.bincount(row[often], weights=links.counts.data[often], minlength=len(accounts))
    return measured(accounts, np.minimum(kept / np.maximum(text, 1), 1.0), text > 0)


def harness(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much more members repeat prompts word for word than accounts of like volume, in sd."""
    del history
    return excess(group, repeated(current))


# --- templates ------------------------------------------------------------------------------------


def templates(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give log of how many more pairs of members share a seldom template than a configuration model expects."""
    del history
    return excess_pairs(group, current, "skeleton")


# --- kinds of work --------------------------------------------------------------------------------


@once
def mixes(accounts: Accounts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give (N, C) shares of an account's requests by kind of work, and (N,) whether it has any."""
    counts = accounts.links["capability"].counts
    total = np.asarray(counts.sum(axis=1)).ravel()
    return counts.toarray() / np.maximum(total, 1)[:, None], total > 0


@once
def mix_by_volume(accounts: Accounts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give (STRATA, C) summed shares and (STRATA,) accounts, by class of volume."""
    shares, known = mixes(accounts)
    layer = strata(accounts)[known]
    one_hot = layer[None, :] == np.arange(layer.max(initial=0) + 1)[:, None]
    return one_hot.astype(np.float64) @ shares[known], one_hot.sum(axis=1).astype(np.float64)


def focus(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the part of the Kullback-Leibler divergence of a group's kinds of work from its cohort's that is `TAUGHT`.

    Mean shares of members against those of accounts of like volume, in nats: sum over taught kinds of p log(p / q),
    q and p with `RARE_CAPABILITY` added. Negative where members ask less for them. None without features of prompts.
    """
    del history
    names = current.links["capability"].values.to_pylist()
    shares, known = mixes(current)
    mine = group[known[group]]
    if not len(mine):
        return None
    layer = strata(current)[mine]
    sums, accounts = mix_by_volume(current)
    members = layer[None, :] == np.arange(len(accounts))[:, None]
    sums, accounts = sums - members.astype(np.float64) @ shares[mine], accounts - members.sum(axis=1)
    if accounts.sum() < FEWEST_OTHERS:
        return None
    few = (accounts < FEWEST_OTHERS)[:, None]
    usual = np.where(few, sums.sum(axis=0), sums) / np.where(few, accounts.sum(), accounts[:, None])
    expected = usual[layer].mean(axis=0) + RARE_CAPABILITY
    own = shares[mine].mean(axis=0) + RARE_CAPABILITY
    taught = np.isin(names, TAUGHT)
    return float((own * np.log(own / expected))[taught].sum())


# --- the shape of a harvest -----------------------------------------------------------------------


@once
def harvest(accounts: Accounts) -> Measured:
    """Measure how an account's requests look like (prompt, response) pairs being collected: a mean of z-scores.

    Of the share of requests outside sessions, of those not streamed, of those asking for several answers or for log
    probabilities, of different templates per request, and of the log of output over input tokens. Unit weights:
    which of them counts most differs between campaigns.
    """
    parts = [share(accounts, "no_session"), _negative(share(accounts, "streamed")), share(accounts, "many_choices"),
             share(accounts, "logprobs"), answer_length(accounts), _breadth(accounts)]  # fmt: skip
    total, n = np.zeros(len(accounts)), np.zeros(len(accounts))
    for part in parts:
        values = part.value[part.known]
        if len(values) and (sd := float(values.std())) > 0:
            total += np.where(part.known, (part.value - values.mean()) / sd, 0.0)
            n += part.known
    return measured(accounts, total / np.maximum(n, 1), n > 0)


def _negative(part: Measured) -> Measured:
    return Measured(value=-part.value, known=part.known, stratum=part.stratum, sums=part.sums)


def answer_length(accounts: Accounts) -> Measured:
    """Measure log of output over input tokens."""
    out, given = accounts.columns["output_tokens"], accounts.columns["input_tokens"]
    return measured(accounts, np.log((out + 1) / (given + 1)), accounts.columns["tokens_known"] > 0)


def _breadth(accounts: Accounts) -> Measured:
    """Measure log of an account's different templates, the most of a day, over its requests of a mean day."""
    text, days = accounts.columns["text_known"], np.maximum((accounts.active > 0).sum(axis=1), 1)
    return measured(accounts, np.log((accounts.columns["distinct_skeleton"] + 1) / (text / days + 1)), text > 0)


def harvest_shape(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Say by how much members' requests are more like a harvest than those of accounts of like volume, in sd."""
    del history
    return excess(group, harvest(current))


# --- novelty --------------------------------------------------------------------------------------


@once
def _past(history: Accounts) -> NDArray[np.float32]:
    """(accounts, RFF) mean features of accounts of the history, at most `PAST` of them, evenly spaced by id."""
    return _means(history, _spaced(np.flatnonzero(history.columns["rff_n"] >= SEEN), PAST))


def _spaced(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _means(accounts: Accounts, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    return np.asarray(accounts.rff[rows] / accounts.columns["rff_n"][rows, None].astype(np.float32))


def novelty(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the mean log ratio of a member's distance to the history over its distance to the group.

    Distances between mean features, to the fifth neighbour each: how much denser the group is than the history was
    at that place. None where fewer than `NEIGHBOURS` + 1 members or accounts of the history have features.
    """
    mine = _spaced(group[current.columns["rff_n"][group] >= SEEN], 8 * MEMBERS)
    past = _past(history)
    if min(len(mine), len(past)) <= NEIGHBOURS:
        return None
    members = _means(current, mine)
    looked = members[_spaced(np.arange(len(mine)), MEMBERS)]
    # a member is its own nearest neighbour within the group
    near = _radius(looked, members, NEIGHBOURS)
    far = _radius(looked, past, NEIGHBOURS - 1)
    return float(np.log((far + 1e-6) / (near + 1e-6)).mean())


def _radius(points: NDArray[np.float32], among: NDArray[np.float32], rank: int) -> NDArray[np.float64]:
    """(points,) distance to the neighbour of a rank, the nearest being 0."""
    squares = (points**2).sum(axis=1)[:, None] + (among**2).sum(axis=1)[None, :] - 2 * points @ among.T
    return np.sqrt(np.maximum(np.partition(squares, rank, axis=1)[:, rank], 0.0)).astype(np.float64)
