"""The keyed integer hash every mark of ours is drawn from, compiled once for generators and detectors alike.

Two stages. A *seed* is SipHash-2-4 (Aumasson and Bernstein 2012, eprint 2012/351) of the window's token ids as
little-endian 32-bit words under a 128-bit key, so that no seed tells anything about the key or another seed. The *draw*
of a target token is output number `target + 1` of SplitMix64 (Steele, Lea and Flood 2014) started at that seed: one
multiplication chain per vocabulary entry, which a generator can afford. Everything is integers modulo 2^64; the only
floats are made from them by exact steps, in an order no compiler may change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from angelshare.core.errors import MissingExtraError
from angelshare.defences.watermark.arrays import FloatArray, IntArray, Word, WordArray

try:
    import numba
except ModuleNotFoundError as error:  # the extra is optional, and its absence is said in one line
    raise MissingExtraError("a watermark (it imports numba)", "marks") from error

Function = TypeVar("Function", bound=Callable[..., object])

SCALE_BITS: Final = 36
"""A sum of exponentials is kept in steps of 2^-36, as an integer: it adds up exactly, in any order."""
LAYERS_AT_MOST: Final = 64
"""One draw has 64 bits, and a tournament layer takes one."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_FINGER = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(0xD6E8FEB86659FD93))
_IV = tuple(
    np.uint64(word) for word in (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
)
_ONE, _FOUR, _LOW = np.uint64(1), np.uint64(4), np.uint64(0xFFFFFFFF)
_R = tuple(np.uint64(bits) for bits in (13, 16, 17, 21, 27, 30, 31, 32, 33, 56, 64, 12))
_END = np.uint64(0xFF)
_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_STEPS = float(2**SCALE_BITS)


def compiled(function: Function) -> Function:
    """Compile to machine code at first use.

    Compiled code is kept on disk only where the user says so by numba's own NUMBA_CACHE_DIR: an installation may be
    read-only, and nothing is written unasked.
    """
    kept: Function = numba.njit(cache=bool(os.environ.get("NUMBA_CACHE_DIR")), nogil=True)(function)
    return kept


def subkeys(secret: str) -> WordArray:
    """Derive the (2,) words of a SipHash key from a secret in hexadecimal: BLAKE2b of its bytes, personalised."""
    digest = hashlib.blake2b(bytes.fromhex(secret), digest_size=16, person=b"angelshare.mark").digest()
    return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


@compiled
def _rotate(word: Word, bits: Word) -> Word:
    return (word << bits) | (word >> (_R[10] - bits))


@compiled
def _sip_round(a: Word, b: Word, c: Word, d: Word) -> tuple[Word, Word, Word, Word]:
    a += b
    b = _rotate(b, _R[0]) ^ a
    a = _rotate(a, _R[7])
    c += d
    d = _rotate(d, _R[1]) ^ c
    a += d
    d = _rotate(d, _R[3]) ^ a
    c += b
    b = _rotate(b, _R[2]) ^ c
    c = _rotate(c, _R[7])
    return a, b, c, d


@compiled
def siphash(key: WordArray, ids: IntArray, start: int, stop: int) -> Word:
    """Hash ids[start:stop], each as four little-endian bytes, by SipHash-2-4 under the (2,) `key`."""
    a, b, c, d = key[0] ^ _IV[0], key[1] ^ _IV[1], key[0] ^ _IV[2], key[1] ^ _IV[3]
    last = np.uint64(stop - start) * _FOUR << _R[9]
    at = start
    while at + 1 < stop:
        word = (np.uint64(ids[at]) & _LOW) | np.uint64(ids[at + 1]) << _R[7]
        d ^= word
        a, b, c, d = _sip_round(a, b, c, d)
        a, b, c, d = _sip_round(a, b, c, d)
        a ^= word
        at += 2
    if at < stop:
        last |= np.uint64(ids[at]) & _LOW
    return _finish(a, b, c, d, last)


@compiled
def siphash_one(key: WordArray, number: int) -> Word:
    """Hash one number below 2^32 as four little-endian bytes."""
    last = _FOUR << _R[9] | np.uint64(number) & _LOW
    return _finish(key[0] ^ _IV[0], key[1] ^ _IV[1], key[0] ^ _IV[2], key[1] ^ _IV[3], last)


@compiled
def _finish(a: Word, b: Word, c: Word, d: Word, last: Word) -> Word:
    d ^= last
    a, b, c, d = _sip_round(a, b, c, d)
    a, b, c, d = _sip_round(a, b, c, d)
    a ^= last
    c ^= _END
    for _ in range(4):
        a, b, c, d = _sip_round(a, b, c, d)
    return a ^ b ^ c ^ d


@compiled
def draw(seed: Word, target: int) -> Word:
    """Give the 64 bits drawn for `target` under `seed`: SplitMix64's output number target + 1."""
    z = seed + (np.uint64(target) + _ONE) * _GOLDEN
    z = (z ^ (z >> _R[5])) * _MIX[0]
    z = (z ^ (z >> _R[4])) * _MIX[1]
    return z ^ (z >> _R[6])


@compiled
def fingerprint_of(seed: Word, target: int) -> Word:
    """Name a pseudo-random input for de-duplication, by other constants than `draw`: what is dropped tells no draw."""
    z = seed ^ ((np.uint64(target) + _ONE) * _FINGER[2])
    z = (z ^ (z >> _R[8])) * _FINGER[0]
    z = (z ^ (z >> _R[8])) * _FINGER[1]
    return z ^ (z >> _R[8])


@compiled
def uniform(bits: Word) -> float:
    """Turn a draw into a number in (0, 1): its first 52 bits and a half, times 2^-52, exactly."""
    return (float(bits >> _R[11]) + 0.5) * 2.0**-52


@compiled
def exponential(u: float) -> float:
    """Give -ln(1 - u) of u in (0, 1), from sums, products and quotients alone: the same double on every machine.

    The logarithm is its series in s = (m - 1)/(m + 1), |s| <= 0.172, which twelve terms bring below 1e-17; the mantissa
    m of 1 - u comes from exact multiplications by two.
    """
    m, exponent = np.float64(1.0 - u), 0
    while m < 2.0**-16:
        m *= 65536.0
        exponent += 16
    while m < _SQRT_HALF:
        m *= 2.0
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1.0 / 23.0
    for odd in range(21, 0, -2):
        series = series * z + 1.0 / odd
    return exponent * _LN2 - 2.0 * s * series


@compiled
def steps(u: float) -> np.int64:
    """Give -ln(1 - u) in steps of 2^-36, rounded: what a sum of exponentials is kept in."""
    return np.int64(exponential(u) * _STEPS + 0.5)


@compiled
def draws(seeds: WordArray, targets: IntArray) -> WordArray:
    """Give the draws of (n,) pairs of seed and target; the form in which the vectors of docs/key-file.md are made."""
    out = np.empty(len(seeds), dtype=np.uint64)
    for row in range(len(seeds)):
        out[row] = draw(seeds[row], targets[row])
    return out


@compiled
def uniforms_of(bits: WordArray) -> FloatArray:
    """Give the uniform numbers of (n,) draws."""
    out = np.empty(len(bits), dtype=np.float64)
    for row in range(len(bits)):
        out[row] = uniform(bits[row])
    return out
