"""The audit as one JSON object: `report.json` in the run folder and what `--json` prints."""

from __future__ import annotations

import json

from angelshare.core.audit import Audit
from angelshare.core.strict import plain


def report_json(audit: Audit) -> bytes:
    """Write the audit as indented JSON, fields in the order of the report, numbers as Estimate or {"refused"} objects.

    Raises ValueError if a number is not finite.
    """
    return json.dumps(plain(audit), indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
