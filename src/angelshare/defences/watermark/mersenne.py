"""The generator behind torch's CPU `randperm` and `randint`: MT19937 (Matsumoto and Nishimura 1998), seeded by 32 bits.

`randperm` is Fisher and Yates from the front: at step i one draw modulo n - i says which later entry comes to place i.
`torch.Generator.manual_seed` takes 64 bits and keeps the low 32. Held to recorded vectors in the tests.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from angelshare.defences.watermark.arrays import BoolArray, IntArray, WordArray
from angelshare.defences.watermark.prf import compiled

STATE: Final = 624
_HALF: Final = 397
_ONE, _LOW32 = np.uint32(1), np.uint64(0xFFFFFFFF)
_UPPER, _LOWER, _TWIST = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)
_TEMPER_B, _TEMPER_C = np.uint32(0x9D2C5680), np.uint32(0xEFC60000)
_S30, _S11, _S7, _S15, _S18 = np.uint32(30), np.uint32(11), np.uint32(7), np.uint32(15), np.uint32(18)
_SPREAD = np.uint32(1812433253)


@compiled
def seeded(state: NDArray[np.uint32], seed: np.uint32) -> None:
    """Fill a (624,) state from a 32-bit seed."""
    state[0] = seed
    for at in range(1, STATE):
        last = state[at - 1]
        state[at] = np.uint32(_SPREAD * (last ^ (last >> _S30)) + np.uint32(at))


@compiled
def twist(state: NDArray[np.uint32]) -> None:
    """Turn a state over, giving its next 624 words before tempering."""
    for at in range(STATE):
        following = state[at + 1 if at + 1 < STATE else 0]
        mixed = (state[at] & _UPPER) | (following & _LOWER)
        far = state[at + _HALF if at + _HALF < STATE else at + _HALF - STATE]
        state[at] = far ^ (mixed >> _ONE) ^ (_TWIST if following & _ONE else np.uint32(0))


@compiled
def tempered(word: np.uint32) -> np.uint32:
    """Give the output that belongs to a word of the state."""
    word ^= word >> _S11
    word ^= (word << _S7) & _TEMPER_B
    word ^= (word << _S15) & _TEMPER_C
    return word ^ (word >> _S18)


@compiled
def outputs(seed: np.uint32, count: int) -> NDArray[np.uint32]:
    """Give the first `count` outputs after a seed."""
    state = np.empty(STATE, dtype=np.uint32)
    seeded(state, seed)
    out = np.empty(count, dtype=np.uint32)
    for at in range(count):
        if at % STATE == 0:
            twist(state)
        out[at] = tempered(state[at % STATE])
    return out


@compiled
def shuffle(state: NDArray[np.uint32], order: NDArray[np.int32], first: int) -> None:
    """Bring the `first` entries that `randperm` under a freshly seeded `state` begins with to the front of `order`."""
    size, at = np.uint32(len(order)), STATE
    for place in range(first):
        if at == STATE:
            twist(state)
            at = 0
        other = place + np.int64(tempered(state[at]) % (size - np.uint32(place)))
        at += 1
        kept = order[place]
        order[place] = order[other]
        order[other] = kept


@compiled
def permutation(seed: np.uint32, size: int) -> NDArray[np.int32]:
    """Give torch.randperm(size) under manual_seed(seed), on the CPU."""
    state, order = np.empty(STATE, dtype=np.uint32), np.arange(size).astype(np.int32)
    seeded(state, seed)
    shuffle(state, order, size - 1)
    return order


@compiled
def among_first(seeds: WordArray, targets: IntArray, size: int, first: int) -> BoolArray:
    """Say which of (n,) targets are among the `first` of the permutation their seed makes; equal seeds must adjoin.

    One partial shuffle for each run of equal seeds, undone by starting from the identity again.
    """
    out = np.zeros(len(seeds), dtype=np.bool_)
    state, order = np.empty(STATE, dtype=np.uint32), np.empty(size, dtype=np.int32)
    green = np.zeros(size, dtype=np.bool_)
    row = 0
    while row < len(seeds):
        for place in range(size):
            order[place] = place
        seeded(state, np.uint32(seeds[row] & _LOW32))
        shuffle(state, order, first)
        for place in range(first):
            green[order[place]] = True
        end = row
        while end < len(seeds) and seeds[end] == seeds[row]:
            out[end] = green[targets[end]]
            end += 1
        for place in range(first):
            green[order[place]] = False
        row = end
    return out
