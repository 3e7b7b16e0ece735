"""A report of a watermark test, for the tests of pages."""

from __future__ import annotations

import dataclasses

from angelshare.core.marks import MarkEvidence, WatermarkReport
from angelshare.core.records import Estimate


def found(**changes):
    one = MarkEvidence(
        test="kgw, text, key 0123", statistic=211.0, p_value=5e-99, log10_p_value=-98.3, decoy_p_value=0.001,
        decoys=999, n=234, null="the text was written without this key",
    )  # fmt: skip
    return dataclasses.replace(one, **changes)


def tested(*evidence, **changes):
    whole = WatermarkReport(
        evidence=evidence or [found()], sentence="The text carries the mark.", verdict="mark found", level=1e-3,
        needed=Estimate(value=75.0, low=75.0, high=75.0, level=0.95, n=75, method="exact binomial power"),
        subject="a.txt: 1 text, 300 tokens", subject_sha256="ab" * 32, key_fingerprint="0123", mode="text",
        made_at="2026-11-24T10:00:00+00:00", version="0", cautions=["Bear <this> in mind."],
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)
