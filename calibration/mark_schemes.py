"""The schemes and rules of the marks study: ours for every kind of key, and those that published detectors use."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.marks import Schedule, Scheme, Seeding, WatermarkKey
from calibration import mark_scores as scores

KIND = 0xC0FFEE
"""No text is tested under this number: keys are drawn like it."""

OURS = scores.Rule("inputs", "exact")
NONE_Z = scores.Rule("nothing", "z")
SURFACE_Z = scores.Rule("n-gram", "z")
CONTEXT_Z = scores.Rule("context", "z")
NONE_EXACT = scores.Rule("nothing", "exact")


def ours(vocabulary: int) -> Sequence[scores.Scheme]:
    """List every kind of key of our own schedule, judged by our rule alone: the run that reaches 1e-6."""
    return [scores.Scheme(name, key, [OURS]) for name, key in _keys(vocabulary)]


def peers(vocabulary: int) -> Sequence[scores.Scheme]:
    """List the same keys under the rules of published detectors, on the same draws: what a rule does, not a hash."""
    rules = {
        "KGW left, h = 1": [NONE_Z, SURFACE_Z],
        "KGW self, h = 4": [NONE_Z, SURFACE_Z, CONTEXT_Z],
        "KGW minimum, h = 4": [SURFACE_Z],
        "KGW additive, h = 4": [SURFACE_Z],
        "Unigram": [NONE_Z],
        "Gumbel-max, h = 1": [NONE_EXACT],
        "Gumbel-max, h = 4": [NONE_EXACT],
        "SynthID, h = 4": [NONE_Z],
    }
    return [scores.Scheme(name, key, rules[name]) for name, key in _keys(vocabulary) if name in rules]


def others(vocabulary: int) -> Sequence[scores.Scheme]:
    """List the schedules of other generators, whose text we detect, by our rule."""
    kinds: Sequence[tuple[str, Scheme, Schedule, int, Seeding]] = [
        ("transformers lefthash", "kgw", "transformers-left", 1, "left"),
        ("transformers selfhash", "kgw", "transformers-self", 4, "self"),
        ("vLLM SBW selfhash", "kgw", "vllm-sbw", 4, "self"),
        ("vLLM Gumbel-max", "gumbel", "vllm-gumbel", 4, "left"),
    ]
    return [
        scores.Scheme(name, _key(vocabulary, scheme, schedule=schedule, window=window, seeding=seeding), [OURS])
        for name, scheme, schedule, window, seeding in kinds
    ]


def _keys(vocabulary: int) -> Sequence[tuple[str, WatermarkKey]]:
    return [
        ("KGW left, h = 1", _key(vocabulary, "kgw", window=1)),
        ("KGW left, h = 4", _key(vocabulary, "kgw")),
        ("KGW self, h = 4", _key(vocabulary, "kgw", seeding="self")),
        ("KGW minimum, h = 4", _key(vocabulary, "kgw", seeding="min")),
        ("KGW additive, h = 4", _key(vocabulary, "kgw", seeding="additive")),
        ("Unigram", _key(vocabulary, "unigram", gamma=0.5)),
        ("Gumbel-max, h = 1", _key(vocabulary, "gumbel", window=1)),
        ("Gumbel-max, h = 4", _key(vocabulary, "gumbel")),
        ("Gumbel-max, two keys, h = 4", _key(vocabulary, "gumbel", second=True)),
        ("SynthID, h = 4", _key(vocabulary, "synthid")),
    ]


def _key(
    vocabulary: int,
    scheme: Scheme,
    *,
    schedule: Schedule = "angelshare",
    window: int = 4,
    gamma: float = 0.25,
    seeding: Seeding = "left",
    second: bool = False,
) -> WatermarkKey:
    return WatermarkKey(
        scheme=scheme,
        secret=f"{KIND:016x}",
        schedule=schedule,
        second_secret=f"{KIND + 1:016x}" if second else "",
        gamma=gamma,
        window=window,
        seeding=seeding,
        vocabulary_size=vocabulary,
    )
