"""What a test of a mark says in words: verdict, sentence, and what to bear in mind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

from angelshare.core.marks import MarkEvidence, WatermarkKey
from angelshare.core.records import Estimate, Number
from angelshare.lineage.case import Case, Mode, Settings
from angelshare.stats.marks import probability
from angelshare.stats.tails import log10_binomial_sf

Verdict: TypeAlias = Literal["mark found", "not shown", "cannot tell"]

TEXT_NULL = "the text was written without this key"
STUDENT_NULL = "the text was written without this key, by a model that learnt from no text under it"
MEANING = {
    "text": "this text was made under the key, or by a model that learnt from text made under it; not who made it, "
    "when, or whether that was licensed",
    "student": "outputs under this key were in the training mix; not who put them there, when, or whether licensed",
}
_SURPRISE = 0.01


def settled(result: MarkEvidence, own: MarkEvidence, *, tokens: int, needed: Number, level: float) -> Verdict:
    """Settle one key's verdict at `level`.

    Args:
        result: the evidence the verdict hangs on, corrected where there are several keys.
        own: the same uncorrected, with its decoys.
        tokens: scored tokens.
        needed: scored tokens needed at the strength the key names.
        level: of the test.

    Where decoy keys score as high far more often than the exact p-value allows, the draws are not independent, and the
    decoys' p-value decides.
    """
    log10_p = result.log10_p_value
    if own.decoy_p_value is not None and contradicted(own):
        log10_p = max(log10_p, math.log10(own.decoy_p_value))
    if log10_p <= math.log10(level) and tokens:
        return "mark found"
    return "cannot tell" if tokens == 0 or (isinstance(needed, Estimate) and tokens < needed.value) else "not shown"


def contradicted(own: MarkEvidence) -> bool:
    """Say whether decoys score at least as high oftener than chance would let them, were the exact p-value right."""
    above = round((own.decoy_p_value or 0.0) * (own.decoys + 1)) - 1
    p = min(max(probability(own.log10_p_value), 1e-300), 1 - 1e-12)
    return above > 0 and float(log10_binomial_sf(above, own.decoys, p)) < math.log10(_SURPRISE)


def sentence_of(
    verdict: Verdict,
    mode: Mode,
    *,
    names: Sequence[str],
    tokens: int,
    needed: Number,
    level: float,
    result: MarkEvidence,
) -> str:
    """Say what the data say, and what they do not."""
    key = f"key {names[0]}" if len(names) == 1 else f"keys {', '.join(names)}"
    unit = ("window" if mode == "reading" else "scorable token") + "s" * (tokens != 1)
    if verdict == "cannot tell":
        return f"Cannot tell: {tokens:,} {unit}{_wanted(needed, level)}. Nothing follows about {key}."
    p = shown(result.log10_p_value)
    if verdict == "not shown":
        return (
            f"No mark of {key} is shown at {level:g}: p = {p} over {tokens:,} {unit}. That does not show that no such "
            "text was used: a mark can be too weak, too thin in the mix, or washed out."
        )
    where = {"text": "The text carries", "reading": "The model's predictions follow"}.get(
        mode, "The model's text carries"
    )
    means = MEANING["text" if mode == "text" else "student"]
    bound = "at most " if mode == "reading" else ""
    return f"{where} the mark of {key} (p {bound or '= '}{p}, {tokens:,} {unit}): {means}."


def all_cautions(case: Case, keys: Sequence[WatermarkKey], settings: Settings, mode: Mode) -> Sequence[str]:
    """List what to bear in mind about the whole."""
    said = [
        "A match is not an accusation: a mark can be copied or forged by whoever learnt its key's choices.",
        _looked(settings),
        *case.unchecked,
    ]
    if case.material.prompts and not case.prompts and mode != "reading":
        said.append(
            "Prompts of the transcripts were not scored. If they may hold marked text, give them as --prompts, so that "
            "windows they hold are left out."
        )
    if case.material.refused:
        said.append(f"{case.material.refused:,} transcripts have no reply and were left out.")
    if any(key.schedule == "transformers-synthid" for key in keys):
        said.append(
            "This schedule knows 65,536 states: over many texts its p-values are wrong, so judge one passage at a time."
        )
    return said


def shown(log10_p: float) -> str:
    """Write a p-value however small."""
    if log10_p > -4:  # noqa: PLR2004 - as people write them
        return f"{10**log10_p:.2g}"
    exponent = math.floor(log10_p)
    mantissa = round(10 ** (log10_p - exponent), 1)
    return f"{mantissa:.1f}e{exponent}" if mantissa < 10 else f"1.0e{exponent + 1}"  # noqa: PLR2004 - 9.96 rounds up


def _wanted(needed: Number, level: float) -> str:
    if isinstance(needed, Estimate):
        return f", {needed.value:,.0f} needed for {level:g} at this strength"
    return f"; {needed.refused}"


def _looked(settings: Settings) -> str:
    if settings.sequential:
        return "Tested by betting after every look: the p-value holds whenever one stops."
    if settings.fixed:
        return f"Tested on the first {settings.fixed:,} scored tokens, a number that must have been fixed beforehand."
    return "The whole file was tested once; that is valid if the file was settled before anyone looked at a p-value."
