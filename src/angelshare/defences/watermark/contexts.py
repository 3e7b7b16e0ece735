"""The windows that seed a mark while a batch is written, and which of them a reply has used before."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd multiplier of the polynomial that stands for a window; two windows of one sum only leave a token unmarked."""
_FIRST_STEPS = 64


class Contexts:
    """The last `window` tokens of each row of a batch, and the windows each reply has drawn from.

    Args:
        window: tokens h that seed a choice; 0 for a mark without context.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._last = np.zeros((0, window), dtype=np.int64)
        self._known = np.zeros(0, dtype=np.int64)
        self._seen = np.zeros((0, _FIRST_STEPS), dtype=np.uint64)
        self._steps = 0

    def begin(self, prompts: torch.Tensor, mask: torch.Tensor) -> None:
        """Take (rows, width) left-padded prompt ids and their mask."""
        ids = prompts.cpu().numpy()
        rows, width = ids.shape
        taken = min(width, self._window)
        self._last = np.zeros((rows, self._window), dtype=np.int64)
        self._last[:, self._window - taken :] = ids[:, width - taken :]
        self._known = mask.sum(1).cpu().numpy().astype(np.int64)
        self._seen = np.zeros((rows, _FIRST_STEPS), dtype=np.uint64)
        self._steps = 0

    def push(self, chosen: torch.Tensor | None) -> None:
        """Take the (rows,) tokens just written; None before the first."""
        if chosen is None:
            return
        self._known += 1
        if self._window:
            self._last[:, :-1] = self._last[:, 1:]
            self._last[:, -1] = chosen.cpu().numpy()

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these places alone."""
        places = rows.cpu().numpy()
        self._last, self._known, self._seen = self._last[places], self._known[places], self._seen[places]

    def now(self) -> NDArray[np.int64]:
        """Give the (rows, window) ids that seed the next token."""
        return self._last

    def full(self) -> NDArray[np.bool_]:
        """Say which (rows,) have `window` tokens before the next one, the prompt's included."""
        return np.asarray(self._known >= self._window)

    def fresh(self) -> NDArray[np.bool_]:
        """Say which (rows,) may draw from their window: it is full and was not drawn from in this reply; note it."""
        sums = np.zeros(len(self._last), dtype=np.uint64)
        for column in range(self._window):
            sums = sums * _FACTOR + self._last[:, column].astype(np.uint64) + np.uint64(1)
        # an odd number is a window, 0 is none: what stands left of a short prompt depends on its company in the batch
        sums = np.where(self.full(), sums * np.uint64(2) + np.uint64(1), np.uint64(0))
        repeated = (self._seen[:, : self._steps] == sums[:, None]).any(1)
        if self._steps == self._seen.shape[1]:
            self._seen = np.concatenate([self._seen, np.zeros_like(self._seen)], 1)
        self._seen[:, self._steps] = sums
        self._steps += 1
        return np.asarray(self.full() & ~repeated)
