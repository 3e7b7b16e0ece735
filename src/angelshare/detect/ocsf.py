"""Cases as OCSF Detection Findings (class 2004) with the ai_operation profile, for the operator's own monitoring.

They name accounts, as the operator's other findings do; nothing of them is for another provider.
Source: Open Cybersecurity Schema Framework, class detection_finding and profile ai_operation.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from angelshare.core.traffic import CaseFile, CaseVerdict, SignalEvidence
from angelshare.detect.atlas import TECHNIQUES, VERSION
from angelshare.detect.case import NOTICE

SCHEMA = "1.8.0"
CLASS, CATEGORY, CREATE = 2004, 2, 1
STATISTICAL = 3
"""Type of analytic."""
SEVERITY: Mapping[CaseVerdict, tuple[int, str]] = {
    "campaign": (4, "High"),
    "insufficient evidence": (2, "Low"),
    "look-alike": (1, "Informational"),
}
"""How soon a person should look; not how sure the verdict is."""
_STATES = {"confirm": (2, "In Progress"), "watch": (2, "In Progress"), "dismiss": (3, "Suppressed")}


def findings(cases: Sequence[CaseFile], *, provider: str, version: str, made_at: str) -> bytes:
    """Write one finding a line, as JSON.

    Args:
        cases: any verdicts.
        provider: who serves the models.
        version: of angelshare.
        made_at: instant in UTC.
    """
    made = (finding(case, provider=provider, version=version, made_at=made_at) for case in cases)
    return "".join(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in made).encode()


def finding(case: CaseFile, *, provider: str, version: str, made_at: str) -> dict[str, Any]:
    """Give one case as a Detection Finding; see `findings`."""
    severity, severity_name = SEVERITY[case.verdict]
    status, status_name = _STATES[case.reviews[-1].decision] if case.reviews else (1, "New")
    return {
        "activity_id": CREATE, "activity_name": "Create",
        "category_uid": CATEGORY, "category_name": "Findings",
        "class_uid": CLASS, "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE, "type_name": "Detection Finding: Create",
        "time": _epoch_ms(made_at), "start_time": _epoch_ms(case.first_at), "end_time": _epoch_ms(case.last_at),
        "severity_id": severity, "severity": severity_name, "status_id": status, "status": status_name,
        "is_alert": case.verdict == "campaign", "message": f"{case.sentence} {NOTICE}",
        "metadata": {
            "version": SCHEMA, "profiles": ["ai_operation"], "uid": case.id,
            "product": {"name": "angelshare", "vendor_name": "angelshare", "version": version},
        },
        "finding_info": _info(case, version, made_at),
        "ai_model": {"name": ", ".join(case.models) or "unknown", "ai_provider": provider},
        "message_context": {
            "application": {"name": "API"}, "completion_tokens": case.harvested_tokens, "name": case.id
        },
        "anomaly_analyses": [_analysis(case)] if case.evidence else [],
        "resources": [{"uid": member.account, "type": "API account"} for member in case.members],
        "unmapped": {"e_value": case.e_value, "verdict": case.verdict, "look_alike": case.look_alike},
    }  # fmt: skip


def _info(case: CaseFile, version: str, made_at: str) -> dict[str, Any]:
    return {
        "uid": case.id, "title": f"Case {case.id}: {case.verdict}", "desc": case.hypothesis,
        "created_time": _epoch_ms(made_at), "first_seen_time": _epoch_ms(case.first_at),
        "last_seen_time": _epoch_ms(case.last_at),
        "related_events_count": sum(member.requests for member in case.members),
        "analytic": {
            "name": "angelshare detect", "uid": "angelshare.detect", "type_id": STATISTICAL,
            "type": "Statistical", "version": version,
        },
        "attacks": [
            {"technique": {"uid": one.id, "name": one.name}, "version": f"ATLAS {VERSION}"} for one in TECHNIQUES
        ],
        "types": ["model distillation"], "data_sources": ["API requests"],
    }  # fmt: skip


def _analysis(case: CaseFile) -> dict[str, Any]:
    return {
        "analysis_target": {"name": case.id, "type": "group of API accounts"},
        "anomalies": [_observed(item) for item in case.evidence],
        "baselines": [
            {
                "observation_type": "Distribution Analysis", "observed_attribute": item.signal,
                "observed_pattern": "comparable benign groups",
                "observations": [{"value": f"quantile {item.cohort_quantile:.4f}", "count": item.n}],
            }
            for item in case.evidence
        ],
    }  # fmt: skip


def _observed(item: SignalEvidence) -> dict[str, Any]:
    return {
        "observation_type": "Deviation Analysis", "observed_attribute": item.signal,
        "observed_pattern": f"p = {item.p_value:.3g}",
        "observations": [{"value": f"{item.observed:.6g} {item.unit}", "count": 1}],
    }  # fmt: skip


def _epoch_ms(at: str) -> int:
    return round(dt.datetime.fromisoformat(at).timestamp() * 1000)
