"""Antidistillation fingerprinting: green tokens are lifted as far as a student would learn them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from angelshare.core.defences import DefenceCost
from angelshare.core.errors import PlanError
from angelshare.core.marks import WatermarkKey
from angelshare.core.protocols import Defence, Model, Steerable
from angelshare.core.records import Query, Use
from angelshare.defences.proxy import Along, beside, fitted, proxy_of, require_steerable
from angelshare.defences.watermark.contexts import Contexts
from angelshare.defences.watermark.greens import Greens
from angelshare.defences.watermark.keys import fingerprint, read_key, require_match


def adfp(key: str, proxy: Use, *, strength: float) -> Defence:
    """Mark replies so that the mark is learned: lift green tokens by what one pass of a proxy student says of them.

    The proxy gives token t probability q(t); with S the green tokens after this context and L = q(S) their mass,
    t's score gains strength * q(t) (1[t in S] - L). A red list of the same strength would move tokens no student
    would ever say. Where the teacher's likeliest token ends the reply, nothing is moved.

    Args:
        key: path of the key file, of scheme kgw and schedule angelshare; gamma, window and seeding are its, its
            delta is not used.
        proxy: the proxy student, a local checkpoint with the teacher's tokenizer, as a plug-in with its options.
        strength: the paper's lambda, above 0.

    The detector of the key's green list finds the mark. The answer may change. One pass of the proxy per token.
    Source: Xu et al. 2026, arXiv 2602.03812 (closed form of the perturbation, from one forward pass).

    Raises PlanError if strength, key or proxy will not do, or the teacher cannot be steered.
    """
    if strength <= 0:
        raise PlanError(f"'adfp': strength is {strength:g}; give one above 0")
    mark = read_key(Path(key))
    if mark.scheme != "kgw" or mark.schedule != "angelshare":
        raise PlanError(
            f"'adfp': the key in {key} is {mark.scheme} on schedule {mark.schedule}; green lists here are those of a "
            "kgw key on schedule angelshare"
        )
    student, greens = proxy_of(proxy, "adfp"), Greens(mark)
    public = fingerprint(mark)

    def defended(model: Model) -> Model:
        steerable = require_steerable(model, "adfp")
        require_match(mark, steerable.tokenizer)
        return beside(
            model, student, "adfp", name=f"adfp {strength:g} under key {public}",
            cost=DefenceCost(passes_per_token=1.0, changes_answer=True),
            steer=lambda: Fingerprint(mark, greens, student, strength=strength, end=steerable.tokenizer.eos_token_id),
        )  # fmt: skip

    return defended


class Fingerprint:
    """The steering of one batch by antidistillation fingerprinting."""

    chooses = False
    shows = True

    def __init__(
        self, key: WatermarkKey, greens: Greens, proxy: Steerable, *, strength: float, end: int | None
    ) -> None:
        self._key, self._greens, self._strength, self._end = key, greens, strength, end
        self._along, self._contexts = Along(proxy.network), Contexts(key.window)

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor, queries: Sequence[Query]) -> None:  # noqa: ARG002 - the protocol's shape
        """Take the prompts."""
        self._along.begin(prompts, mask)
        self._contexts.begin(prompts, mask)

    def step(self, logits: torch.Tensor, last: torch.Tensor | None) -> torch.Tensor:
        """Add strength q (1[green] - q(green)) where the reply goes on and its context is whole."""
        self._contexts.push(last)
        q = fitted(self._along.logits(last), logits.shape[1]).softmax(-1).to(logits)
        green = np.zeros(logits.shape, dtype=np.float32)
        green[:, : self._key.vocabulary_size] = self._greens.mask(self._contexts.now())[:, : logits.shape[1]]
        member = torch.from_numpy(green).to(logits)
        moved = torch.from_numpy(self._contexts.full()).to(logits.device)
        if self._end is not None:
            moved &= logits.argmax(-1) != self._end
        gain = q * (member - (q * member).sum(-1, keepdim=True))
        return logits + self._strength * gain * moved[:, None]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with `rows` alone."""
        self._along.keep(rows)
        self._contexts.keep(rows)
