"""The SynthID tournament as a change of probabilities: what many layers of two-way contests do to a distribution."""

from __future__ import annotations

import numpy as np

from angelshare.defences.watermark.arrays import FloatArray, WordArray
from angelshare.defences.watermark.prf import compiled

_ONE = np.uint64(1)


@compiled
def play(probabilities: FloatArray, bits: WordArray, layers: int) -> FloatArray:
    """Play every layer of a two-way tournament.

    Args:
        probabilities: (rows, tokens), rows sum to one.
        bits: (rows, tokens) g-values, layer l in bit l.
        layers: how many are played, the lowest bit first.

    Layer l takes p(x) to p(x) (1 + g_l(x) - sum over y of p(y) g_l(y)), which is the law of the winner of one contest
    between two draws that the larger g wins and a fair coin decides if equal; averaged over keys it is p itself.
    Source: Dathathri et al. 2024, Nature 634, doi 10.1038/s41586-024-08025-4, supplement on vectorised tournaments.
    """
    rows, tokens = probabilities.shape
    out = probabilities.copy()
    for row in range(rows):
        for layer in range(layers):
            shift = np.uint64(layer)
            ones = 0.0
            for token in range(tokens):
                ones += out[row, token] * float((bits[row, token] >> shift) & _ONE)
            for token in range(tokens):
                out[row, token] *= 1.0 + float((bits[row, token] >> shift) & _ONE) - ones
    return out
