"""Whether a group's requests serve to collect answers: what is asked and in what form, in one number; not who asks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from angelshare.detect.accounts import Accounts
from angelshare.detect.cohort import Group, excess, share
from angelshare.detect.signals import prompts
from angelshare.detect.traits import TRAITS

FARTHEST = 2.0
"""Size beyond which a part says no more, so that one part alone does not make the score."""
FEWEST = 4
"""Parts that must be known; without features of prompts there are two."""


def intent(group: Group, current: Accounts, history: Accounts) -> float | None:
    """Give the mean of the parts of `parts`, each with weight one: larger is more like a harvest of answers.

    Unit weights, because weights learnt on some kinds of campaign fail on a kind that was left out (docs/signals.md).
    About 0 for ordinary accounts, in no unit: hold it against benign groups. None where the logs cannot say.
    """
    known = [value for value in parts(group, current, history).values() if value is not None]
    return float(np.mean(known)) if len(known) >= FEWEST else None


def parts(group: Group, current: Accounts, history: Accounts) -> Mapping[str, float | None]:
    """Compute the parts of the score, larger for a harvest, at most `FARTHEST` in size; None where logs cannot say.

    Prompts that ask for reasoning, or for grades; kinds of work that students are taught; requests outside sessions
    with long and many answers; templates beyond the ten commonest; and, against it, prompts that come again word for
    word and requests at temperature 0, which measure a model rather than collect from it. Standard deviations of a
    group's mean are divided by three, so that each part of an honest group is about a unit in size or less.
    """
    few = TRAITS["few templates"](group, current, history)
    focus = prompts.focus(group, current, history)
    again, greedy = excess(group, prompts.repeated(current)), excess(group, share(current, "greedy"))
    text = few is not None
    found = {
        "reasoning asked": excess(group, prompts.asks_reasoning(current)) if text else None,
        "grades asked": excess(group, prompts.asks_grades(current)) if text else None,
        "focus": None if focus is None else 6 * focus,
        "harvest": excess(group, prompts.harvest(current)),
        "breadth": None if few is None else 6 * (0.5 - few),
        "not again": -again if text and again is not None else None,
        "not greedy": None if greedy is None else -greedy,
    }
    return {name: None if value is None else _bounded(value / 3) for name, value in found.items()}


def _bounded(value: float) -> float:
    return float(np.clip(value, -FARTHEST, FARTHEST))
