"""Which windows of a student's text count: not those its prompts hold, and in a supervised test only the teacher's."""

from __future__ import annotations

from collections.abc import Sequence

from angelshare.core.marks import WatermarkKey
from angelshare.defences.watermark.arrays import IntArray
from angelshare.defences.watermark.dedup import Windows, windows_of
from angelshare.defences.watermark.schedule import window_width


def prompt_tape(key: WatermarkKey, prompts: Sequence[IntArray]) -> Windows | None:
    """Collect the windows of the prompts, which a student may only repeat; None if there are no prompts.

    Source: the tape of Sander et al. 2024, arXiv 2402.14904, section 4.
    """
    return windows_of(window_width(key), prompts) if prompts else None


def teacher_filter(key: WatermarkKey, outputs: Sequence[IntArray]) -> Windows | None:
    """Collect the windows seen in the teacher's marked outputs; None if none are given.

    A student can have learnt a key's choice only after windows it was shown, so a supervised test that keeps those
    alone trades draws for strength (the filter phi of Sander et al. 2024, arXiv 2402.14904, section 4).
    """
    return windows_of(window_width(key), outputs) if outputs else None
