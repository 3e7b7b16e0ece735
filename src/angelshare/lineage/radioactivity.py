"""Is a teacher's mark in what a student writes? Closed access: text alone, unsupervised or behind the filter."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.marks import MarkEvidence, Tally, WatermarkKey
from angelshare.core.record import record
from angelshare.defences.watermark.arrays import IntArray
from angelshare.defences.watermark.tally import tallies
from angelshare.lineage.filters import prompt_tape, teacher_filter
from angelshare.stats.marks import evidence

NULL = "the text was written without this key, by a model that learnt from no text under it"


@record
class Access:
    """What is known besides the student's text."""

    prompts: Sequence[IntArray] = ()
    """Token ids of the prompts it answers: their windows are not scored."""

    outputs: Sequence[IntArray] = ()
    """Token ids of the teacher's marked outputs: a supervised test scores their windows alone."""


def student_tallies(
    keys: Sequence[WatermarkKey],
    streams: Sequence[IntArray],
    access: Access = Access(),  # noqa: B008 - frozen
) -> Sequence[Tally]:
    """Count the draws of keys of one kind in a student's text, each pseudo-random input once.

    Args:
        keys: the key under test, and decoys.
        streams: token ids of each text.
        access: the tape and the filter.

    Raises TokenRangeError, KeyMismatchError or PlanError.
    """
    if not keys:
        return []
    tape, only = prompt_tape(keys[0], access.prompts), teacher_filter(keys[0], access.outputs)
    return tallies(keys, streams, exclude=tape, only=only)


def student_evidence(
    key: WatermarkKey,
    streams: Sequence[IntArray],
    decoys: Sequence[WatermarkKey],
    *,
    access: Access = Access(),  # noqa: B008 - frozen
) -> MarkEvidence:
    """Test a student's text for a teacher's key, exactly and against decoy keys.

    Source: closed-model radioactivity, Sander et al. 2024, arXiv 2402.14904, section 4.
    """
    own, *others = student_tallies([key, *decoys], streams, access)
    setting = "supervised" if access.outputs else "unsupervised"
    return evidence(own, others, test=f"{key.scheme}, student text, {setting}", null=NULL)
