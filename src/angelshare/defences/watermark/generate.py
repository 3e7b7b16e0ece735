"""Writing under a watermark: what changes the next-token scores of a batch, for each family of marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.core.protocols import Steering
from angelshare.core.records import Query
from angelshare.core.seeds import stream
from angelshare.defences.watermark.arrays import FloatArray
from angelshare.defences.watermark.contexts import Contexts
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.gumbel import Exponentials
from angelshare.defences.watermark.synthid import Tournament
from angelshare.defences.watermark.tournament import play

CANDIDATES = 128
"""Tokens that enter a SynthID tournament, the most likely first; the others keep their probability unmarked."""
_LEAST = 1e-300
"""Stands for a probability that underflowed."""


def marking(key: WatermarkKey) -> Callable[[], Steering]:
    """Give what makes the steering of one batch under `key`.

    KGW and Unigram add delta to green logits before the temperature divides them, so a greedy reply is marked too.
    Gumbel-max and SynthID draw from the distribution at the query's temperature and need one above 0; they leave a
    token unmarked where the same `window` tokens stood before in the same reply (the history is the reply's: it
    forgets other replies, and the prompt but for windows that reach into it), since a second draw from one context
    would not be a draw. No mark is put where fewer than `window` tokens, prompt included, precede the token.

    Raises PlanError for a key on another generator's schedule; at the first batch, for greedy queries under Gumbel-max
    or SynthID, and for a network that scores fewer tokens than the key's vocabulary.
    """
    if key.schedule != "angelshare":
        raise PlanError(
            f"the key is on the schedule '{key.schedule}', which its own generator writes (in vLLM: --watermark-config;"
            " in transformers: watermarking_config); angelshare reads such marks, and writes those of schedule "
            "'angelshare' alone"
        )
    if key.scheme in ("kgw", "unigram"):
        greens = Greens(key)
        return lambda: GreenMark(key, greens)
    if key.scheme == "gumbel":
        exponentials = Exponentials(key)
        return lambda: GumbelMark(key, exponentials)
    tournament = Tournament(key)
    return lambda: TournamentMark(key, tournament)


class GreenMark:
    """Adds delta to the logits of green tokens: KGW by context, Unigram by one list.

    Source: Kirchenbauer et al. 2023, arXiv 2301.10226, algorithm 2; Zhao et al. 2023, arXiv 2306.17439, algorithm 1.
    """

    chooses = False
    shows = True

    def __init__(self, key: WatermarkKey, greens: Greens) -> None:
        self._key, self._greens = key, greens
        self._contexts = Contexts(greens.width)
        self._everywhere: torch.Tensor | None = None

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:  # noqa: ARG002 - the protocol's shape
        """Take the prompts; the temperature does not matter."""
        self._contexts.begin(prompts, mask)
        if not self._greens.width:
            self._everywhere = self._bonus(self._greens.mask(np.zeros((1, 0), dtype=np.int64))).to(prompts.device)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Add delta where a token is green."""
        _require_width(logits, self._key)
        scores = logits.clone()
        if self._everywhere is not None:
            bonus = self._everywhere
        else:
            self._contexts.push(last)
            green = self._greens.mask(self._contexts.now())
            if not self._contexts.full().all():
                green &= self._contexts.full()[:, None]
            bonus = self._bonus(green).to(logits.device)
        scores[:, : self._key.vocabulary_size] += bonus
        return scores

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._contexts.keep(rows)

    def _bonus(self, green: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(green).to(torch.float32).mul_(self._key.delta)


class _Drawing:
    """What marks that lie in the draw share: contexts, temperatures, and the refusal of greedy replies."""

    shows = False

    def __init__(self, key: WatermarkKey) -> None:
        self._key = key
        self._contexts = Contexts(key.window)
        self._temperatures = torch.zeros(0)

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:
        """Take prompts and temperatures; raises PlanError if one is 0."""
        _require_chance(queries, self._key)
        self._temperatures = torch.tensor([[q.sampling.temperature] for q in queries], device=prompts.device)
        self._contexts.begin(prompts, mask)

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._contexts.keep(rows)
        self._temperatures = self._temperatures[rows]


class GumbelMark(_Drawing):
    """Takes the token with the largest u^(1/p), a keyed draw from the distribution at the query's temperature.

    Written as the largest ln p - ln(-ln u). Over keys a reply is distributed as without a mark; under one key the
    same context always gives the same token, in every reply, which costs diversity. With a second key each token is
    drawn under one of the two, by a fair coin of the query and draw.
    Source: Aaronson 2022; Fernandez et al. 2023, arXiv 2308.00113; two keys, arXiv 2605.12456.
    """

    def __init__(self, key: WatermarkKey, exponentials: Exponentials) -> None:
        super().__init__(key)
        self._exponentials = exponentials
        self._coins: list[np.random.Generator] = []
        self.chooses = torch.zeros(0, dtype=torch.bool)
        """(rows,) whether the last step was a keyed draw."""

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:
        """Take prompts, temperatures and coins; raises PlanError if a temperature is 0."""
        super().begin(prompts, mask, queries)
        if self._key.second_secret:
            self._coins = [stream("second key", query.id, query.sampling.draw) for query in queries]

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Add keyed Gumbel noise in rows whose context is new; the other rows are drawn as without a mark."""
        _require_width(logits, self._key)
        self._contexts.push(last)
        fresh = self._contexts.fresh()
        self.chooses = torch.from_numpy(fresh).to(logits.device)
        noise = torch.from_numpy(self._uniforms(fresh)).log_().neg_().log_().neg_().to(logits)
        n = self._key.vocabulary_size
        if fresh.all() and n == logits.shape[1]:
            return noise.add_(logits / self._temperatures)
        scores = logits.clone()
        marked = torch.full_like(scores[self.chooses], -torch.inf)
        marked[:, :n] = noise.add_((logits / self._temperatures)[self.chooses, :n])
        scores[self.chooses] = marked
        return scores

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        super().keep(rows)
        self._coins = [self._coins[row] for row in rows.tolist()] if self._coins else []

    def _uniforms(self, fresh: np.ndarray) -> FloatArray:
        contexts = self._contexts.now()[fresh]
        first = self._exponentials.uniforms(contexts)
        if not self._coins:
            return first
        # every coin is thrown at every step, so that a reply's coins do not depend on its company
        second = np.array([coin.random() < 0.5 for coin in self._coins])[fresh]  # noqa: PLR2004 - a fair coin
        first[second] = self._exponentials.uniforms(contexts[second], second=True)
        return first


class TournamentMark(_Drawing):
    """Draws by SynthID's tournament among the likeliest tokens, which keeps the distribution over keys.

    Source: Dathathri et al. 2024, Nature 634, doi 10.1038/s41586-024-08025-4 (two contestants, non-distortionary with
    repeated-context masking).
    """

    chooses = False

    def __init__(self, key: WatermarkKey, tournament: Tournament) -> None:
        super().__init__(key)
        self._tournament = tournament

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Give scores whose softmax at the query's temperature is the tournament's law."""
        _require_width(logits, self._key)
        self._contexts.push(last)
        fresh = self._contexts.fresh()
        if not fresh.any():
            return logits
        marked = torch.from_numpy(fresh).to(logits.device)
        hot = self._temperatures[marked]
        tempered = (logits[marked, : self._key.vocabulary_size] / hot).double()
        likely = tempered.topk(min(CANDIDATES, tempered.shape[1]), sorted=False)
        bits = self._tournament.bits(self._contexts.now()[fresh], likely.indices.cpu().numpy())
        law = play(likely.values.softmax(-1).cpu().numpy(), bits, self._key.layers)
        # the candidates keep their mass: the tournament only moves it among them
        won = torch.from_numpy(np.log(np.maximum(law, _LEAST))) + likely.values.logsumexp(-1, keepdim=True).cpu()
        scores = logits.clone()
        scores[marked] = scores[marked].scatter(1, likely.indices, won.to(logits) * hot)
        return scores


def _require_chance(queries: Sequence[Query], key: WatermarkKey) -> None:
    """Refuse greedy replies: with one possible token there is nothing to choose by key, and so no mark."""
    greedy = sum(query.sampling.temperature <= 0 for query in queries)
    if greedy:
        raise PlanError(
            f"a {key.scheme} mark lies in the draw: {greedy} of {len(queries)} queries are greedy (temperature 0) and "
            "would carry no mark; give the watermark a 'temperature', or take kgw or unigram, which mark greedy "
            "replies too"
        )


def _require_width(logits: torch.Tensor, key: WatermarkKey) -> None:
    if logits.shape[1] < key.vocabulary_size:
        raise PlanError(
            f"the key is for a vocabulary of {key.vocabulary_size}, but the network scores {logits.shape[1]} tokens; "
            "use a key made for this model's tokenizer"
        )
