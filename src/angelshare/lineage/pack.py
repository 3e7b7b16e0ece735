"""An evidence pack: one file that holds a run, its registration and inputs' hashes in a signed chain."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from angelshare.core.errors import MissingExtraError, SealError
from angelshare.core.record import record
from angelshare.core.records import FORMAT_VERSION
from angelshare.core.strict import decode_json, encode

CHAIN = "chain.json"
"""The chain's file name in a pack; it stands last."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: a pack is made again byte for byte from what it holds."""


@record
class Link:
    """One file of a pack in the chain."""

    name: str
    """Path in the pack."""

    sha256: str
    """SHA-256 of the file."""

    link: str
    """SHA-256 of the link before, the name and the file's hash, each a line; the first stands after 64 zeros."""


@record
class Chain:
    """Every file of a pack, chained and signed."""

    format: int
    """Format version."""

    made_at: str
    """Instant in UTC; said by whoever packed, not proven."""

    links: Sequence[Link]
    """In order."""

    public_key: str
    """Ed25519 public key (RFC 8032), in hexadecimal."""

    signature: str
    """Signature of `made_at` and the last link, in hexadecimal."""


class Verified(NamedTuple):
    """What a pack holds once it is verified."""

    chain: Chain
    files: Mapping[str, bytes]
    signer: str
    """SHA-256 of the public key."""


def new_key() -> bytes:
    """Make an Ed25519 private key, PEM, PKCS 8, not encrypted."""
    serialization, keys = _cryptography()
    made: bytes = keys.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made


def seal_pack(files: Mapping[str, bytes], pem: bytes, *, made_at: str) -> bytes:
    """Chain `files` in order of their names, sign the chain, and give the pack's bytes.

    Raises SealError for a key that is none, MissingExtraError without `cryptography`.
    Source: hash chain as in Haber & Stornetta 1991, section 5.1; Ed25519, RFC 8032.
    """
    serialization, _ = _cryptography()
    key = _private(pem)
    links = _links(files)
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    chain = Chain(
        format=FORMAT_VERSION, made_at=made_at, links=links, public_key=public.hex(),
        signature=key.sign(_signed(made_at, links)).hex(),
    )  # fmt: skip
    return _zipped(files, chain)


def verify_pack(data: bytes, where: str) -> Verified:
    """Check signature, chain and every byte of a pack; raises SealError that says what was altered."""
    files = _unzipped(data, where)
    chain = decode_json(files.pop(CHAIN), Chain, f"{where}: {CHAIN}")
    if chain.format > FORMAT_VERSION:
        raise SealError(f"{where}: format {chain.format} is newer than {FORMAT_VERSION}; upgrade angelshare")
    _require_signature(chain, where)
    named = [link.name for link in chain.links]
    for name in sorted(set(named) ^ set(files)):
        raise SealError(f"{where}: '{name}' {'is missing' if name in named else 'is not in the chain'}")
    for found, link in zip(_links(files), chain.links, strict=True):
        if found != link:
            raise SealError(f"{where}: '{link.name}' was altered (SHA-256 {found.sha256[:16]}…)")
    if _zipped(files, chain) != data:
        raise SealError(f"{where}: the archive was altered outside its files")
    return Verified(chain, files, hashlib.sha256(bytes.fromhex(chain.public_key)).hexdigest())


def _links(files: Mapping[str, bytes]) -> list[Link]:
    links: list[Link] = []
    before = "0" * 64
    for name in sorted(files):
        digest = hashlib.sha256(files[name]).hexdigest()
        before = hashlib.sha256(f"{before}\n{name}\n{digest}\n".encode()).hexdigest()
        links.append(Link(name=name, sha256=digest, link=before))
    return links


def _signed(made_at: str, links: Sequence[Link]) -> bytes:
    if not links:
        raise SealError("nothing to pack: give a finished run")
    return f"angelshare lineage pack\n{made_at}\n{links[-1].link}\n".encode()


def _require_signature(chain: Chain, where: str) -> None:
    _, keys = _cryptography()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra, checked for above

    try:
        public = keys.Ed25519PublicKey.from_public_bytes(bytes.fromhex(chain.public_key))
        public.verify(bytes.fromhex(chain.signature), _signed(chain.made_at, chain.links))
    except (InvalidSignature, ValueError):
        raise SealError(f"{where}: the signature is not that of its key over its chain; the pack was altered") from None


def _zipped(files: Mapping[str, bytes], chain: Chain) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(files):
            packed.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
        packed.writestr(zipfile.ZipInfo(CHAIN, _EPOCH), encode(chain) + b"\n")
    return out.getvalue()


def _unzipped(data: bytes, where: str) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            files = {info.filename: packed.read(info) for info in packed.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError, OSError) as error:
        # a changed byte in the archive's own tables may be met as any of these
        raise SealError(f"{where}: not an evidence pack, or altered ({error})") from None
    if CHAIN not in files:
        raise SealError(f"{where}: holds no {CHAIN}: not an evidence pack, or altered")
    return files


def _private(pem: bytes) -> Any:  # noqa: ANN401 - a key of an optional package
    serialization, keys = _cryptography()
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise SealError(f"the key cannot be read ({error}); give an unencrypted Ed25519 key in PEM") from None
    if not isinstance(key, keys.Ed25519PrivateKey):
        raise SealError("the key is of another kind; give an Ed25519 key in PEM")
    return key


def _cryptography() -> tuple[Any, Any]:
    """Give the modules `serialization` and `ed25519`; raises MissingExtraError."""
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise MissingExtraError("signing and verifying a pack (it imports cryptography)", "lineage") from None
    return serialization, ed25519
