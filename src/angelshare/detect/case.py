"""Case files on disk: canonical JSON, chained and signed, so that one changed byte is found."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from angelshare.core.errors import AngelshareError, PlanError, RunFolderError
from angelshare.core.record import record
from angelshare.core.strict import decode_json, encode, plain
from angelshare.core.traffic import CaseFile, Review
from angelshare.detect.chain import CaseContext, ChainLink, chain
from angelshare.detect.sign import SHOWN, check_signature, public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CASE_FORMAT = 1
CASE, CASE_PAGE = "case.json", "case.html"
"""Files in a case's folder."""
NOTICE = "A match is not an accusation."


@record
class Seal:
    """A signature over the chain as far as it went."""

    links: int
    """Links it covers, the first ones."""

    at: str
    """Instant in UTC."""

    public_key: str
    """Ed25519 public key, 64 hexadecimal digits."""

    signature: str
    """Ed25519 signature, 128 hexadecimal digits."""


@record
class CaseDocument:
    """A case as it is kept: what was found, what people decided, and what shows that nothing was changed since."""

    format: int
    """Version of this layout."""

    notice: str
    """What to bear in mind before all else."""

    case: CaseFile
    """The case."""

    context: CaseContext
    """Where it comes from."""

    links: Sequence[ChainLink]
    """The hash chain."""

    seals: Sequence[Seal]
    """Signatures: one when the case was made, one more for each decision; the last covers the whole chain."""


def closed(case: CaseFile, context: CaseContext, key: Ed25519PrivateKey, *, at: str) -> CaseDocument:
    """Chain and sign a case that was just made; `at` is an instant in UTC."""
    # what a reader will decode is what is hashed and shown: keys in order, and 1 told from 1.0
    kept = decode_json(encode(case), CaseFile, case.id)
    links = chain(kept, context)
    return CaseDocument(
        format=CASE_FORMAT, notice=NOTICE, case=kept, context=context, links=links,
        seals=[_seal(links, key, at)],
    )  # fmt: skip


def reviewed(document: CaseDocument, review: Review, key: Ed25519PrivateKey) -> CaseDocument:
    """Add a person's decision to the chain and sign it; earlier seals stay.

    Raises PlanError for a decision without a name or a reason.
    """
    if not review.by.strip() or not review.reason.strip():
        raise PlanError("a decision needs the name of who took it and a reason; give --by and --reason")
    case = dataclasses.replace(document.case, reviews=[*document.case.reviews, review])
    links = chain(case, document.context)
    return dataclasses.replace(document, case=case, links=links, seals=[*document.seals, _seal(links, key, review.at)])


def case_bytes(document: CaseDocument) -> bytes:
    """Write a document as its one canonical text: keys sorted, one space of indentation."""
    text = json.dumps(plain(document), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def verified(data: bytes, where: str, *, pinned: str | None = None) -> CaseDocument:
    """Read a case file and check every byte of it.

    Args:
        data: the file.
        where: its name, for messages.
        pinned: public key that must have signed every seal; None trusts the keys that the file names.

    Raises RunFolderError if a byte is not as it was signed, or a seal is by another key.
    """
    try:
        document = decode_json(data, CaseDocument, where)
        canonical = case_bytes(document)
    except (AngelshareError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{where}: not a case file as it was written ({str(error)[:200]})") from None
    if document.format > CASE_FORMAT:
        raise RunFolderError(f"{where}: case of format {document.format}; this angelshare reads {CASE_FORMAT}")
    if canonical != data:
        raise RunFolderError(f"{where}: not byte for byte as it was written; restore it from a copy")
    _check_chain(document, where)
    _check_seals(document, where, pinned)
    return document


def _check_chain(document: CaseDocument, where: str) -> None:
    made = chain(document.case, document.context)
    if document.notice != NOTICE or len(made) != len(document.links):
        raise RunFolderError(f"{where}: its chain has not the links of its contents; restore it from a copy")
    for number, (link, filed) in enumerate(zip(made, document.links, strict=True), start=1):
        if link != filed:
            raise RunFolderError(
                f"{where}: link {number} ({filed.part} '{filed.name}') is not the hash of what the case says; "
                "restore it from a copy"
            )


def _check_seals(document: CaseDocument, where: str, pinned: str | None) -> None:
    reviews = len(document.case.reviews)
    wanted = [len(document.links) - reviews + done for done in range(reviews + 1)]
    if [seal.links for seal in document.seals] != wanted:
        raise RunFolderError(f"{where}: a seal is missing: one for the case and one for each decision are needed")
    for seal in document.seals:
        if pinned is not None and seal.public_key != pinned:
            raise RunFolderError(
                f"{where}: signed by key {seal.public_key[:SHOWN]}…, not by {pinned[:SHOWN]}… as asked; "
                "ask the operator which key is theirs"
            )
        check_signature(
            _message(document.links, seal.links, seal.at), signature=seal.signature, public=seal.public_key,
            where=where,
        )  # fmt: skip


def _seal(links: Sequence[ChainLink], key: Ed25519PrivateKey, at: str) -> Seal:
    signature = key.sign(_message(links, len(links), at)).hex()
    return Seal(links=len(links), at=at, public_key=public_key(key), signature=signature)


def _message(links: Sequence[ChainLink], n: int, at: str) -> bytes:
    return encode(["angelshare case", CASE_FORMAT, n, links[n - 1].sha256, at])
