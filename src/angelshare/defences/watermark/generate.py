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
from angelshare.defences.watermark.arrays import BoolArray, FloatArray
from angelshare.defences.watermark.contexts import Contexts
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.gumbel import Exponentials
from angelshare.defences.watermark.synthid import Tournament
from angelshare.defences.watermark.tournament import play

CANDIDATES = 128
"""Tokens that enter a SynthID tournament, the most likely first; the others keep their probability unmarked."""


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
        self._member = self._scores = torch.zeros(0, 0)

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:  # noqa: ARG002 - the protocol's shape
        """Take the prompts; the temperature does not matter."""
        self._contexts.begin(prompts, mask)
        self._member = self._scores = torch.zeros(0, 0)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Add delta where a token is green; what is given is written over at the next step."""
        self._contexts.push(last)
        rows, first = len(logits), not len(self._member)
        if first:
            _require_width(logits, self._key)
            # tokens past the key's vocabulary are the network's padding, and no list holds them
            self._member, self._scores = torch.zeros_like(logits), torch.empty_like(logits)
        if first or self._greens.width:
            self._member[:rows, : self._key.vocabulary_size].copy_(self._green())
        return torch.add(logits, self._member[:rows], alpha=self._key.delta, out=self._scores[:rows])

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._contexts.keep(rows)

    def _green(self) -> torch.Tensor:
        """Give (rows, vocabulary) flags as bytes, which copy into floats faster than bools do."""
        green = self._greens.mask(self._contexts.now())
        full = self._contexts.full()
        return torch.from_numpy(green if full.all() else green & full[:, None]).view(torch.uint8)


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

    A coin of the query and draw says whether the token is one of the candidates, and which the tournament makes it.
    Source: Dathathri et al. 2024, Nature 634, doi 10.1038/s41586-024-08025-4 (two contestants, non-distortionary with
    repeated-context masking).
    """

    def __init__(self, key: WatermarkKey, tournament: Tournament) -> None:
        super().__init__(key)
        self._tournament = tournament
        self._coins: list[np.random.Generator] = []
        self.chooses = torch.zeros(0, dtype=torch.bool)
        """(rows,) whether the last step was drawn here."""

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:
        """Take prompts, temperatures and coins; raises PlanError if a temperature is 0."""
        super().begin(prompts, mask, queries)
        self._coins = [stream("tournament", query.id, query.sampling.draw) for query in queries]

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Draw from the tournament's law where the context is new; the other rows are drawn as without a mark."""
        _require_width(logits, self._key)
        self._contexts.push(last)
        fresh = self._contexts.fresh()
        # every coin is thrown at every step, so that a reply's coins do not depend on its company
        coins = np.array([coin.random() for coin in self._coins])[fresh]
        self.chooses = torch.from_numpy(fresh).to(logits.device)
        if not fresh.any():
            return logits
        places = self.chooses.nonzero()[:, 0]
        ids, law, mass = self._law(logits[places], fresh, self._temperatures[places])
        steps = law.cumsum(1)
        inside = coins < mass
        place = np.minimum((steps <= (coins / mass * steps[:, -1])[:, None]).sum(1), law.shape[1] - 1)
        scores = logits.clone()
        # a row outside is drawn from what the candidates leave, one inside has its token already
        scores[places] = scores[places].scatter(1, ids, -torch.inf)
        token = ids[torch.arange(len(places)), torch.from_numpy(place).to(ids.device)]
        held = torch.from_numpy(inside).to(logits.device)
        scores[places[held], token[held]] = torch.inf
        self.chooses[places[~held]] = False
        return scores

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        super().keep(rows)
        self._coins = [self._coins[row] for row in rows.tolist()]

    def _law(
        self, logits: torch.Tensor, fresh: BoolArray, temperatures: torch.Tensor
    ) -> tuple[torch.Tensor, FloatArray, FloatArray]:
        """Give the (rows, k) candidates, their law after the tournament, and the (rows,) mass they hold together."""
        n = self._key.vocabulary_size
        likely = logits[:, :n].topk(min(CANDIDATES, n), sorted=False)
        tempered = (likely.values / temperatures).double()
        bits = self._tournament.bits(self._contexts.now()[fresh], likely.indices.cpu().numpy())
        law = play(tempered.softmax(-1).cpu().numpy(), bits, self._key.layers)
        if n <= CANDIDATES and n == logits.shape[1]:
            return likely.indices, law, np.ones(len(law))
        held = tempered.logsumexp(-1) - (logits / temperatures).logsumexp(-1).double()
        return likely.indices, law, np.minimum(held.exp().cpu().numpy(), 1.0)


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
