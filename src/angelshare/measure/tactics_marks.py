"""The tactic against a mark: estimate its bias from n-gram statistics and say no more of it than clean text does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from angelshare.core import plugins
from angelshare.core.errors import PlanError
from angelshare.core.record import record
from angelshare.core.records import Pair
from angelshare.core.seeds import stream
from angelshare.measure.lesson import Ground, Lesson, lesson, open_network


@record
class Neutralising:
    """Steals a mark's bias from n-gram counts of the replies against clean text, and drops replies until it is gone.

    Watermark stealing (Jovanović et al. 2024, arXiv 2402.19361) turned to removal (watermark neutralisation, Pan et al.
    2025, arXiv 2502.11598): the distiller has no key. Clean text is the public examples and the second teacher's.
    """

    window: int = 1
    """Tokens of context in an n-gram."""

    keep: float = 0.5
    """Share of the replies kept, those that bear the least of the bias."""

    def __post_init__(self) -> None:
        """Refuse what keeps nothing or all; raises PlanError."""
        if not 0 < self.keep < 1 or self.window < 0:
            raise PlanError(
                f"'neutralise': keep = {self.keep}, window = {self.window}: keep must be in (0, 1), window 0 or more"
            )

    def at_once(self, pairs: Sequence[Pair], ground: Ground) -> Lesson | None:
        """Keep all where there is no clean text to hold the replies against."""
        return None if pairs and (ground.public or ground.second) else lesson(pairs, pairs)

    def prepare(self, pairs: Sequence[Pair], ground: Ground) -> Lesson:
        """Estimate log-ratios of n-grams on one half of the replies, and rank the other half by them; then turn about.

        A reply would else count for its own bias.
        """
        model = open_network(plugins.build("models", ground.base), "neutralisation")
        texts = [pair.reply for pair in pairs]
        clean = _ids(model.tokenizer, [pair.reply for pair in (*ground.public, *ground.second)])
        rows = _ids(model.tokenizer, texts)
        side = stream("tactic", "neutralise", ground.seed).permutation(len(rows)) % 2
        bias = np.zeros(len(rows))
        for half in (0, 1):
            seen = [row for row, own in zip(rows, side, strict=True) if own != half]
            ratio = log_ratios(seen, clean, self.window)
            for k in np.flatnonzero(side == half):
                grams = _grams(rows[k], self.window)
                bias[k] = np.mean([ratio.get(gram, 0.0) for gram in grams]) if grams else 0.0
        kept = set(np.argsort(bias, kind="stable")[: max(1, round(self.keep * len(rows)))].tolist())
        return lesson(pairs, [pair for k, pair in enumerate(pairs) if k in kept])


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
