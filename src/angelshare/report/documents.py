"""A report as one JSON object: `report.json` (`watermark.json`) in the run folder and what `--json` prints."""

from __future__ import annotations

import json

from angelshare.core.audit import Audit
from angelshare.core.compute import ComputeLedger
from angelshare.core.defend import DefendReport
from angelshare.core.delay import DelayReport
from angelshare.core.lineage import LineageReport
from angelshare.core.marks import WatermarkReport
from angelshare.core.strict import plain
from angelshare.core.traffic import DetectReport


def report_json(
    report: Audit | DefendReport | DelayReport | ComputeLedger | WatermarkReport | LineageReport | DetectReport,
) -> bytes:
    """Write a report as indented JSON, fields in the order of the record, numbers as Estimate or {"refused"} objects.

    Raises ValueError if a number is not finite.
    """
    return json.dumps(plain(report), indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
