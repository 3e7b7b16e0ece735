"""The tactic against a mark: estimate its bias from n-gram statistics and say the replies again without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Pair, Query
from angelshare.measure.lesson import Ground, Lesson, lesson, open_network, trained, with_reply
from angelshare.measure.tactics_learned import agreeing, require_draws


@record
class Neutralising:
    """Steals a mark's bias from n-gram counts against clean text, and lets a helper say the replies again without it.

    Watermark stealing (Jovanović et al. 2024, arXiv 2402.19361) turned to removal (watermark neutralisation, Pan et al.
    2025, arXiv 2502.11598): the distiller has no key. Clean text is the public examples and the second teacher's. What
    no longer ends in the teacher's answer stays as it came.
    """

    window: Literal[0, 1] = 1
    """Tokens of context in an n-gram; the bias of longer ones cannot be counted in a distiller's data."""

    strength: float = 1.0
    """How much of the estimated bias is taken off the helper's scores."""

    temperature: float = 0.7
    """Of the helper's replies."""

    draws: int = 2
    """Replies drawn per query; the first that agrees is kept."""

    def __post_init__(self) -> None:
        """Refuse what takes nothing off or draws nothing; raises PlanError."""
        require_draws("neutralise", self.draws, self.temperature)
        if not 0 < self.strength < float("inf"):
            raise PlanError(f"'neutralise': strength = {self.strength}: must be positive and finite")

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Keep all where there is no clean text to hold the replies against."""
        return None if pairs and (ground.public or ground.second) else lesson(pairs, pairs)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Train the helper, take the bias off its scores, ask it, compare."""
        fitted = ground.helper(pairs, "neutralise")
        model = open_network(fitted.model, "neutralisation")
        marked = _ids(model.tokenizer, [pair.reply for pair in pairs])
        clean = _ids(model.tokenizer, [pair.reply for pair in (*ground.public, *ground.second)])
        bias = self.strength * bias_table(log_ratios(marked, clean, self.window), self.window, len(model.tokenizer))
        steered = model.steered(lambda: Unbiased(bias), name="helper without the mark")
        found, tokens = agreeing(steered, pairs, ground, draws=self.draws, temperature=self.temperature)
        said = [with_reply(pair, found.get(k, pair.reply)) for k, pair in enumerate(pairs)]
        return lesson(pairs, said, cost=trained(fitted, tokens))


class Unbiased:
    """The steering that takes a table of biases off the scores.

    Args:
        bias: (contexts, vocabulary) nats; one row if the bias does not depend on the token before.
    """

    chooses = False
    shows = True

    def __init__(self, bias: NDArray[np.float32]) -> None:
        self._bias = bias
        self._last: Any = None

    def begin(self, prompts: Any, mask: Any, queries: Sequence[Query]) -> None:  # noqa: ANN401, ARG002 - the protocol's shape
        """Take the last token of each prompt."""
        self._last = prompts[:, -1]

    def step(self, logits: Any, last: Any | None) -> Any:  # noqa: ANN401 - torch tensors
        """Take the bias after each row's last token off its scores."""
        at = (self._last if last is None else last).cpu().numpy() % len(self._bias)
        rows = np.zeros((len(at), logits.shape[1]), dtype=np.float32)
        width = min(rows.shape[1], self._bias.shape[1])
        rows[:, :width] = self._bias[at, :width]
        return logits - logits.new_tensor(rows.tolist()) if rows.any() else logits

    def keep(self, rows: Any) -> None:  # noqa: ANN401 - torch tensors
        """Go on with these rows."""
        self._last = self._last[rows]


def bias_table(ratio: Mapping[tuple[int, ...], float], window: int, vocabulary: int) -> NDArray[np.float32]:
    """Lay log-ratios out as (contexts, vocabulary), 0 where nothing is known; one row of contexts without a window."""
    table = np.zeros((vocabulary if window else 1, vocabulary), dtype=np.float32)
    for gram, value in ratio.items():
        table[gram[0] if window else 0, gram[-1]] = value
    return table


def log_ratios(
    marked: Sequence[Sequence[int]], clean: Sequence[Sequence[int]], window: int
) -> dict[tuple[int, ...], float]:
    """Estimate ln p(token | context) in marked over clean text, by n-gram, with half a count added to each.

    Contexts that either text lacks say nothing and are left out.
    """
    counts = [Counter(gram for row in rows for gram in _grams(row, window)) for rows in (marked, clean)]
    contexts: list[Counter[tuple[int, ...]]] = [Counter(), Counter()]
    followers: list[Counter[tuple[int, ...]]] = [Counter(), Counter()]
    for count, context, follower in zip(counts, contexts, followers, strict=True):
        for gram, times in count.items():
            context[gram[:-1]] += times
            follower[gram[:-1]] += 1
    out = {}
    for gram in counts[0] | counts[1]:
        head = gram[:-1]
        if all(context[head] for context in contexts):
            kinds = max(follower[head] for follower in followers) + 1
            shares = [
                (count[gram] + 0.5) / (context[head] + 0.5 * kinds)
                for count, context in zip(counts, contexts, strict=True)
            ]
            out[gram] = float(np.log(shares[0] / shares[1]))
    return out


def _ids(tokenizer: object, texts: Sequence[str]) -> list[list[int]]:
    return [list(row) for row in tokenizer(list(texts), add_special_tokens=False)["input_ids"]] if texts else []  # type: ignore[operator]  # a transformers tokenizer


def _grams(row: Sequence[int], window: int) -> list[tuple[int, ...]]:
    return [tuple(row[k - window : k + 1]) for k in range(window, len(row))]
