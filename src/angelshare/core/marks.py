"""The nouns of watermarks: a key that travels with its generator, what a detector counts, and what a test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Literal, TypeAlias

from angelshare.core.record import record
from angelshare.core.records import Number

Scheme: TypeAlias = Literal["kgw", "unigram", "gumbel", "synthid"]
"""Family of the mark: green lists by context (Kirchenbauer et al. 2023), one green list (Zhao et al. 2023),
keyed Gumbel-max (Aaronson 2022), tournament sampling (Dathathri et al. 2024)."""

Seeding: TypeAlias = Literal["left", "self", "min", "additive"]
"""How the window makes the seed: ordered tokens before the target; those and the target; their smallest keyed hash;
their sum."""

Schedule: TypeAlias = Literal[
    "angelshare", "transformers-left", "transformers-self", "transformers-synthid", "vllm-gumbel", "vllm-sbw"
]
"""Whose pseudo-random function is computed: ours, or bit for bit another generator's."""

Law: TypeAlias = Literal["binomial", "gamma"]
"""Distribution of the statistic without a mark: a count of `n` draws of probability `rate`, or a sum of `n` unit
exponentials."""


@record
class WatermarkKey:
    """What a detector must share with the generator; the file is secret, its fingerprint is not."""

    scheme: Scheme
    """Family of the mark."""

    secret: str = field(repr=False)
    """Key in hexadecimal, 16 to 64 digits (transformers-synthid: 16 for each layer); never in a run, log or report."""

    schedule: Schedule = "angelshare"
    """Whose pseudo-random function."""

    second_secret: str = field(default="", repr=False)
    """Second key of a dual-key Gumbel mark; empty for one key. Under transformers-synthid the seed of its table."""

    gamma: float = 0.5
    """Share of the vocabulary that is green (kgw, unigram)."""

    delta: float = 2.0
    """Added to green logits (kgw, unigram)."""

    window: int = 4
    """Tokens of context h that seed the choice (kgw, gumbel, synthid)."""

    seeding: Seeding = "left"
    """How the window makes the seed (kgw)."""

    layers: int = 30
    """Tournament layers m (synthid)."""

    vocabulary_size: int
    """Tokens of the generator's vocabulary."""

    vocabulary_sha256: str = ""
    """Hash of the vocabulary as `token<TAB>id` lines in order of id; empty is not checked and says so."""

    tokenizer_sha256: str = ""
    """Hash of the generator's tokenizer.json in canonical form; empty is not checked and says so."""


@record
class Tally:
    """What a detector counted: all that a test needs, and tallies of parts of a stream add up."""

    law: Law
    """Distribution of `statistic` without a mark."""

    n: int
    """Scored draws: pseudo-random inputs seen for the first time."""

    statistic: float
    """Green draws (binomial), or sum of -ln(1 - u) (gamma)."""

    rate: float
    """Probability of a green draw without a mark; 1 for the gamma law."""

    tokens: int
    """Tokens read."""

    repeated: int
    """Draws left out because their pseudo-random input was scored before."""

    excluded: int
    """Draws left out because their window stands in a prompt, or outside the supervised filter."""


@record
class MarkEvidence:
    """The result of one watermark test, with the decoy-key null beside the analytic one."""

    test: str
    """Name of the test."""

    statistic: float
    """Value of the test statistic."""

    p_value: float
    """Exact probability of a statistic at least this large without a mark; the smallest float if smaller still."""

    log10_p_value: float
    """Its decimal logarithm, which does not underflow."""

    decoy_p_value: float | None
    """(1 + decoy keys that score at least as high) / (decoy keys + 1); None if no decoys were drawn."""

    decoys: int
    """Decoy keys drawn like the real one."""

    n: int
    """Scored draws."""

    null: str
    """The null hypothesis in words."""

    caution: str = ""
    """What to bear in mind; says so where the two p-values differ tenfold."""


@record
class WatermarkReport:
    """What `angelshare watermark` found: `report.json`, the page, and what `--json` prints."""

    evidence: Sequence[MarkEvidence]
    """One per test; with several keys, each also after Holm's correction."""

    sentence: str
    """What the data say, in one sentence."""

    verdict: Literal["mark found", "not shown", "cannot tell"]
    """At `level`; "cannot tell" when too few tokens could be scored for it."""

    level: float
    """Level of the test, fixed beforehand."""

    needed: Number
    """Scored tokens needed for this level at the strength the key names, or why that cannot be said."""

    subject: str
    """What was read: file, number of texts and tokens."""

    subject_sha256: str
    """Hash of what was read."""

    key_fingerprint: str
    """First 16 hexadecimal digits of a slow hash (scrypt) of the key, which do not reveal it."""

    mode: Literal["text", "student text", "student text, supervised", "reading"]
    """Access: a text itself, a student's text, the same behind the filter, or a student's weights (reading mode)."""

    made_at: str
    """Instant in UTC."""

    version: str
    """Version of angelshare."""

    cautions: Sequence[str] = ()
    """What to bear in mind about the whole."""
