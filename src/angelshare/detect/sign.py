"""Signing of cases: one Ed25519 key of the operator's, kept outside every run and every log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from angelshare.core.errors import MissingExtraError, PlanError, RunFolderError
from angelshare.store.files import atomic_write, storage_errors

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_NAME, PUBLIC_NAME = "signing-key", "signing-key.pub"
"""Files in a state folder: the private key, for its owner's eyes, and the public one in hexadecimal, to hand out."""
SHOWN = 16
"""Hexadecimal digits of a public key by which people compare it."""


def signing_key(path: Path, *, create: bool = False) -> Ed25519PrivateKey:
    """Read a private key (PEM, PKCS 8), or make one with mode 0600, its public half beside it.

    Raises PlanError if there is none, it is another kind of key, or others may read it; MissingExtraError without
    cryptography.
    """
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an optional package
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise MissingExtraError("signing a case (it imports cryptography)", "traffic") from None
    if create and not path.exists():
        made = Ed25519PrivateKey.generate()
        plain = serialization.NoEncryption()
        _write_private(path, made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        atomic_write(path.with_name(f"{path.name}.pub"), f"{public_key(made)}\n".encode())
    if not path.exists():
        raise PlanError(f"{path}: no signing key; `angelshare detect` makes one in its state folder: name it")
    with storage_errors(path, "read this key file"):
        data, mode = path.read_bytes(), path.stat().st_mode
    if mode & 0o077:
        raise PlanError(f"{path}: others may read this signing key; close it with chmod 600, or make another")
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise PlanError(f"{path}: not a private key in PEM ({error}); give the one beside {PUBLIC_NAME}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise PlanError(f"{path}: not an Ed25519 key; give the one that `angelshare detect` made")
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """Give the public half as 64 hexadecimal digits."""
    return key.public_key().public_bytes_raw().hex()


def check_signature(message: bytes, *, signature: str, public: str, where: str) -> None:
    """Check a signature over `message`; raises RunFolderError if it is not by that key."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an optional package
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise MissingExtraError("checking a case (it imports cryptography)", "traffic") from None
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        raise RunFolderError(
            f"{where}: the signature is not by key {public[:SHOWN]}…; the case was altered after it was signed: "
            "restore it from a copy"
        ) from None


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that its owner alone may read, from its first byte on."""
    part = path.with_name(f".{path.name}.part")
    with storage_errors(path, "write this file"):
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
