"""Plain facts of a group of accounts that an honest workload can be recognised by, each a number with a meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, main_value, private_domain, seen_before, together
from angelshare.detect.signals import pace, places, prompts, timing

Trait: TypeAlias = Callable[[Group, Accounts, Accounts], float | None]
"""trait(rows of current, current, history); None where the logs cannot say."""

NIGHT_HOURS, OFFICE_HOURS = 3, 11
"""Hours on end that a nightly job, and an office day, keep to."""
YOUNG_US = 14 * 86_400 * 1_000_000
"""Microseconds from its opening to its first request within which an account is young."""
FEW_TEMPLATES = 10
"""Templates that a job's own requests fill; a product or a harvest has more."""


def _share(count: str, of: str = "requests") -> Trait:
    def trait(group: Group, current: Accounts, history: Accounts) -> float | None:
        del history
        part, whole = current.columns[count][group], current.columns[of][group]
        known = whole > 0
        # a mean over accounts, so that one busy account does not speak for the group
        return float((part[known] / whole[known]).mean()) if known.any() else None

    return trait


def _told(count: str) -> Trait:
    """Give the share of requests without a field, None where nobody in these logs sends it."""
    plain = _share(count)

    def trait(group: Group, current: Accounts, history: Accounts) -> float | None:
        if current.columns[count].sum() >= places.RARELY_TOLD * current.columns["requests"].sum():
            return None
        return plain(group, current, history)

    return trait


def _work(*kinds: str) -> Trait:
    """Give the mean share of some kinds of work."""

    def trait(group: Group, current: Accounts, history: Accounts) -> float | None:
        del history
        shares, known = prompts.mixes(current)
        mine = group[known[group]]
        wanted = np.isin(current.links["capability"].values.to_pylist(), kinds)
        return float(shares[mine][:, wanted].sum(axis=1).mean()) if len(mine) else None

    return trait


def _together(kind: str) -> Trait:
    def trait(group: Group, current: Accounts, history: Accounts) -> float | None:
        del history
        return together(group, current, kind)

    return trait


def declared(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the share of members in the group's commonest organisation or private e-mail domain, whichever is more."""
    del history
    if not len(current.links["org"].values) and not len(current.links["email_domain"].values):
        return None
    sides = (main_value(current, "org")[group], private_domain(current)[group])
    counts = [np.unique(side[side >= 0], return_counts=True)[1].max(initial=0) for side in sides]
    return float(max(counts) / len(group))


def busiest_hours(group: Group, current: Accounts, hours: int) -> float | None:
    """Give the share of a group's requests in its busiest `hours` of the day on end, accounts counting alike."""
    by_hour = current.week[group].reshape(len(group), -1, 24).sum(axis=1).astype(np.float64)
    some = by_hour[by_hour.sum(axis=1) > 0]
    if not len(some):
        return None
    day = (some / some.sum(axis=1, keepdims=True)).mean(axis=0)
    return float(max(np.roll(day, shift)[:hours].sum() for shift in range(24)))


def _night(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    return busiest_hours(group, current, NIGHT_HOURS)


def _office(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    return busiest_hours(group, current, OFFICE_HOURS)


def _few_templates(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the share of requests that fill the group's commonest templates."""
    del history
    text = int(current.columns["text_known"][group].sum())
    if not text or not len(current.links["skeleton"].values):
        return None
    counts = np.asarray(current.links["skeleton"].counts[group].sum(axis=0)).ravel()
    return float(np.sort(counts)[-FEW_TEMPLATES:].sum() / text)


def _networks(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the share of members whose main network is another member's too."""
    del history
    if not len(current.links["ip_prefix"].values):
        return None
    mine = main_value(current, "ip_prefix")[group]
    _, place, times = np.unique(mine, return_inverse=True, return_counts=True)
    return float(((times[place] > 1) & (mine >= 0)).mean())


def _mean(column: str) -> Trait:
    def trait(group: Group, current: Accounts, history: Accounts) -> float | None:
        del history
        values = current.columns[column]
        return float(np.log1p(values[group]).mean()) if values.any() else None

    return trait


def _new(group: Group, current: Accounts, history: Accounts) -> float | None:
    return float((~seen_before(current, history)[group]).mean())


def _young(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    known = group[current.known["created_at"][group]]
    age = current.columns["first_at"][known] - current.columns["created_at"][known]
    return float((age <= YOUNG_US).mean()) if len(known) else None


def _answer_length(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    known = group[current.columns["tokens_known"][group] > 0]
    out, given = current.columns["output_tokens"][known], current.columns["input_tokens"][known]
    return float(np.log((out + 1) / (given + 1)).mean()) if len(known) else None


def _moved(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the mean share of requests since a release that go to a new model first used within a day of it."""
    moved = timing.moved_at_once(current, history)
    if moved is None or not moved.known[group].any():
        return None
    return float(moved.value[group][moved.known[group]].mean())


def _repeated(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    over = prompts.repeated(current)
    return float(over.value[group][over.known[group]].mean()) if over.known[group].any() else None


def _rhythm(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    over = pace.rhythm(current)
    return float(over.value[group][over.known[group]].mean()) if over.known[group].any() else None


def _spread(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    over = places.spread(current)
    return float(over.value[group][over.known[group]].mean()) if over.known[group].any() else None


def _rate(group: Group, current: Accounts, history: Accounts) -> float | None:
    del history
    return float(np.log(pace.requests_a_day(group, current)).mean())


TRAITS: Mapping[str, Trait] = {
    "declared": declared,
    "payer": _together("payment"),
    "networks": _networks,
    "program": _together("user_agent"),
    "undeclared infrastructure": places.shared_infrastructure,
    "night": _night,
    "office": _office,
    "any hour": _rhythm,
    "synchrony": timing.synchrony,
    "greedy": _share("greedy"),
    "repeated": _repeated,
    "few templates": _few_templates,
    "templates shared": prompts.templates,
    "reasoning asked": _share("cot", "text_known"),
    "grades asked": _share("rubric", "text_known"),
    "code": _work("code"),
    "classification": _work("classification"),
    "extraction": _work("extraction"),
    "taught": _work(*prompts.TAUGHT),
    "chat": _work("chat", "knowledge", "writing"),
    "answer length": _answer_length,
    "end users": _mean("distinct_end_user"),
    "no end user": _told("no_end_user"),
    "no session": _told("no_session"),
    "places per key": _spread,
    "faults": _share("broken"),
    "limited": _share("limited"),
    "denied": _share("denied"),
    "new": _new,
    "young": _young,
    "opened together": timing.opened_together,
    "moved at once": _moved,
    "languages": _mean("distinct_language"),
    "tools": _share("with_tools"),
    "rate": _rate,
}
"""By name: shares are 0..1 and means over accounts; logarithms are natural."""


def traits(group: Group, current: Accounts, history: Accounts) -> dict[str, float | None]:
    """Compute every trait of a group."""
    return {name: trait(group, current, history) for name, trait in TRAITS.items()}


def as_array(
    found: Mapping[str, float | None], names: tuple[str, ...]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give (names,) values, 0 where unknown, and (names,) whether each is known."""
    values = [found[name] for name in names]
    known = np.array([value is not None for value in values])
    return np.array([0.0 if value is None else value for value in values]), known
