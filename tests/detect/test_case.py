from __future__ import annotations

import dataclasses
import json

import pytest

from angelshare.core.errors import PlanError, RunFolderError
from angelshare.core.traffic import Review
from angelshare.detect.case import CaseDocument, case_bytes, closed, reviewed, verified
from angelshare.detect.chain import CaseContext, chain
from angelshare.detect.sign import public_key, signing_key
from report.detect_sample import case

CONTEXT = CaseContext(
    run="detect-0123abcd", run_sha256="0" * 64, period="2026-03-12 to 2026-03-15", history="2026-03-02 to 2026-03-11",
    budget="1 false campaign / 30d", version="0.0.0", made_at="2026-03-16T01:00:00+00:00", detectors_off=[],
)  # fmt: skip
REVIEW = Review(at="2026-03-16T09:00:00+00:00", by="R. Viewer", decision="confirm", reason="Payment traced.")


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return signing_key(tmp_path_factory.mktemp("state") / "signing-key", create=True)


@pytest.fixture
def document(key) -> CaseDocument:
    made = closed(case(members=3), CONTEXT, key, at="2026-03-16T01:00:00+00:00")
    return reviewed(made, REVIEW, key)


def test_a_case_reads_back_as_it_was_signed(document, key):
    read = verified(case_bytes(document), "case.json", pinned=public_key(key))

    assert case_bytes(read) == case_bytes(document)
    assert [link.part for link in read.links] == ["case", *["evidence"] * 4, "review"]
    assert [seal.links for seal in read.seals] == [5, 6]


def test_no_byte_of_a_case_can_be_changed(document):
    data = case_bytes(document)
    # every 7th byte: keys, values, digits, hashes, signatures, blanks and line ends are all among them
    places = [*range(0, len(data), 7), len(data) - 1]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(RunFolderError):
            verified(bytes(changed), "case.json")


@pytest.mark.parametrize("cut", [b"", b" ", b"\n"])
def test_no_byte_can_be_added_or_taken(document, cut):
    data = case_bytes(document)

    with pytest.raises(RunFolderError):
        verified(data + cut if cut else data[:-1], "case.json")


def test_contents_rewritten_with_a_chain_to_fit_still_lack_the_signature(document):
    softer = dataclasses.replace(document.case, verdict="insufficient evidence")
    forged = dataclasses.replace(document, case=softer, links=chain(softer, document.context))

    with pytest.raises(RunFolderError, match="signature is not by key"):
        verified(case_bytes(forged), "case.json")


def test_a_decision_cannot_be_taken_out_with_its_seal_kept_or_be_forged(document):
    fewer = dataclasses.replace(document.case, reviews=[])
    without = dataclasses.replace(document, case=fewer, links=document.links[:-1])
    other = dataclasses.replace(document.case, reviews=[dataclasses.replace(REVIEW, decision="dismiss")])
    swapped = dataclasses.replace(document, case=other, links=chain(other, document.context))

    for forged in (without, swapped):
        with pytest.raises(RunFolderError):
            verified(case_bytes(forged), "case.json")


def test_a_case_signed_by_someone_else_is_refused_where_a_key_is_pinned(document, tmp_path):
    other = signing_key(tmp_path / "signing-key", create=True)
    theirs = closed(case(members=3), CONTEXT, other, at="2026-03-16T01:00:00+00:00")

    assert verified(case_bytes(theirs), "case.json").case.id == "c1"
    with pytest.raises(RunFolderError, match="not by"):
        verified(case_bytes(theirs), "case.json", pinned=document.seals[0].public_key)


def test_a_decision_needs_a_name_and_a_reason(document, key):
    with pytest.raises(PlanError, match="--by and --reason"):
        reviewed(document, dataclasses.replace(REVIEW, by=" "), key)


def test_the_signing_key_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "signing-key"
    made = signing_key(path, create=True)

    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "signing-key.pub").read_text().strip() == public_key(made)
    assert public_key(signing_key(path, create=True)) == public_key(made)
    path.chmod(0o640)
    with pytest.raises(PlanError, match="others may read"):
        signing_key(path)


def test_an_absent_or_foreign_key_is_named(tmp_path):
    with pytest.raises(PlanError, match="no signing key"):
        signing_key(tmp_path / "signing-key")
    (tmp_path / "signing-key").write_text("not a key")
    (tmp_path / "signing-key").chmod(0o600)
    with pytest.raises(PlanError, match="not a private key"):
        signing_key(tmp_path / "signing-key")


def test_a_case_says_first_that_a_match_is_not_an_accusation(document):
    assert json.loads(case_bytes(document))["notice"] == "A match is not an accusation."
