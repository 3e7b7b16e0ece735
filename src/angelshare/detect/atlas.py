"""The names that MITRE ATLAS (5.6.0) gives to what a campaign does."""

from __future__ import annotations

from angelshare.core.record import record

VERSION = "5.6.0"


@record
class Technique:
    """A technique or case study of ATLAS."""

    id: str
    """Such as AML.T0024.002."""

    name: str
    """Its name there."""


CASE_STUDY = Technique(id="AML.CS0056", name="Model Distillation Campaigns Targeting Anthropic Claude")
EXTRACT = Technique(id="AML.T0024.002", name="Extract AI Model")
TECHNIQUES = (
    EXTRACT,
    Technique(id="AML.T0024", name="Exfiltration via AI Inference API"),
    Technique(id="AML.T0005.001", name="Train Proxy via Replication"),
    Technique(id="AML.T0040", name="AI Model Inference API Access"),
    Technique(id="AML.T0021", name="Establish Accounts"),
)
"""What a case is filed under, the nearest first; a hypothesis, as the case itself is."""
