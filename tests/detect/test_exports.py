from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest
import stix2

from angelshare.core.errors import PlanError
from angelshare.core.traffic import Review
from angelshare.detect.actions import actions_csv, decided, proposed
from angelshare.detect.ocsf import findings
from angelshare.detect.stix import Entry, Terms, bundle
from report.detect_sample import case

CASES = [
    case("c1"),
    case("c2", verdict="look-alike", look_alike="ci-agents"),
    case("c3", verdict="insufficient evidence"),
]
CONFIRMED = Review(at="2026-03-16T09:00:00+00:00", by="R. Viewer", decision="confirm", reason="Payment traced.")
TERMS = Terms(
    marking="TLP:AMBER+STRICT", expires_on="2026-06-30", provider="Provider A", made_at="2026-03-16T01:00:00+00:00"
)
ENTRY = Entry(name="cluster-1f", first_on="2026-03-12", last_on="2026-03-15", says="12 accounts.", sketch="")


def test_only_watching_and_verification_are_proposed_and_look_alikes_are_left_alone():
    rows = proposed(CASES, until="2026-04-15")

    assert {row.action for row in rows} == {"watch", "step-up-verify"}
    assert {row.case for row in rows} == {"c1", "c3"}
    assert all(row.probability >= 0.9 for row in rows if row.action == "step-up-verify")
    assert {row.action for row in rows if row.case == "c3"} == {"watch"}
    assert all(not row.reviewer for row in rows)


@pytest.mark.parametrize("decision", [None, "dismiss", "watch"])
def test_no_account_is_banned_without_a_persons_confirmation(decision):
    reviews = [] if decision is None else [CONFIRMED, dataclasses.replace(CONFIRMED, decision=decision)]
    undecided = dataclasses.replace(case(), reviews=reviews)

    with pytest.raises(PlanError, match="needs a person's confirmation"):
        decided(undecided, "ban", until="2026-04-15")


def test_a_confirmed_ban_names_its_reviewer_and_spares_the_doubtful():
    rows = decided(dataclasses.replace(case(), reviews=[CONFIRMED]), "ban", until="2026-04-15")

    assert {row.reviewer for row in rows} == {"R. Viewer"}
    assert all((row.action == "ban") == (row.probability >= 0.9) for row in rows)
    assert {row.action for row in rows} == {"ban", "watch"}


def test_an_account_id_cannot_become_a_formula_in_the_action_list():
    odd = dataclasses.replace(case(members=1).members[0], account="=cmd()")
    rows = proposed([dataclasses.replace(case(), members=[odd])], until="2026-04-15")
    (read,) = csv.DictReader(io.StringIO(actions_csv(rows)))

    assert read["account_id"] == "'=cmd()"
    assert read["expires_on"] == "2026-04-15"


# required attributes of class 2004, its objects and the ai_operation profile, OCSF 1.8
REQUIRED = {
    (): ("activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"),
    ("finding_info",): ("title", "uid"),
    ("finding_info", "analytic"): ("type_id",),
    ("metadata",): ("product", "version"),
    ("metadata", "product"): ("vendor_name",),
    ("ai_model",): ("ai_provider", "name"),
    ("anomaly_analyses", 0): ("analysis_target", "anomalies"),
    ("anomaly_analyses", 0, "analysis_target"): ("name",),
    ("anomaly_analyses", 0, "anomalies", 0): ("observations", "observed_attribute"),
    ("anomaly_analyses", 0, "baselines", 0): ("observations", "observed_attribute"),
}


def test_each_case_is_one_detection_finding_with_every_required_attribute():
    lines = findings(CASES, provider="Provider A", version="0.0.0", made_at="2026-03-16T01:00:00+00:00").splitlines()

    assert len(lines) == 3
    for line, one in zip(lines, CASES, strict=True):
        made = json.loads(line)
        for place, names in REQUIRED.items():
            inner = made
            for step in place:
                inner = inner[step]
            assert set(names) <= set(inner), place
        assert (made["class_uid"], made["category_uid"], made["type_uid"]) == (2004, 2, 200_401)
        assert made["metadata"]["profiles"] == ["ai_operation"]
        assert made["is_alert"] == (one.verdict == "campaign")
        assert made["finding_info"]["attacks"][0]["technique"]["uid"] == "AML.T0024.002"
        assert made["message"].endswith("A match is not an accusation.")
        assert made["finding_info"]["first_seen_time"] == 1_773_274_200_000


def test_a_finding_is_accepted_by_the_kept_library_where_it_is_installed():
    model = pytest.importorskip("py_ocsf_models.events.findings.detection_finding").DetectionFinding
    line, *_ = findings(CASES, provider="Provider A", version="0.0.0", made_at="2026-03-16T01:00:00+00:00").splitlines()

    assert model.model_validate_json(line).class_uid == 2004


def test_a_bundle_is_stix_that_the_oasis_library_reads_back():
    read = stix2.parse(bundle([ENTRY], TERMS).decode())
    kinds = [one.type for one in read.objects]
    (campaign,) = [one for one in read.objects if one.type == "campaign"]

    assert kinds.count("attack-pattern") == 5
    assert kinds.count("relationship") == 5
    assert campaign.external_references[0].external_id == "AML.CS0056"
    assert "A match is not an accusation." in campaign.description
    ids = {one.external_references[0].external_id for one in read.objects if one.type == "attack-pattern"}
    assert "AML.T0024.002" in ids


def test_every_object_of_a_bundle_is_marked_and_an_indicator_expires():
    read = stix2.parse(bundle([dataclasses.replace(ENTRY, sketch="{}")], TERMS).decode())
    marked = [one for one in read.objects if one.type != "marking-definition"]
    (marking,) = [one for one in read.objects if one.type == "marking-definition"]
    (indicator,) = [one for one in read.objects if one.type == "indicator"]

    assert all(one.object_marking_refs == [marking.id] for one in marked)
    assert marking.name == "TLP:AMBER+STRICT"
    assert indicator.valid_until.date().isoformat() == "2026-06-30"


def test_the_same_bundle_is_the_same_bytes():
    assert bundle([ENTRY], TERMS) == bundle([ENTRY], TERMS)


@pytest.mark.parametrize(("until", "why"), [("2026-03-01", "has passed"), ("someday", "is no date")])
def test_a_bundle_needs_an_expiry_that_is_to_come(until, why):
    with pytest.raises(PlanError, match=why):
        bundle([ENTRY], dataclasses.replace(TERMS, expires_on=until))
