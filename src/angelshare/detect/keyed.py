"""Names under the operator's key: the same value gets the same short name, and nobody without the key can undo it."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

KEY_BYTES = 32
NAME_CHARS = 16
"""Hexadecimal characters of a keyed name: 64 bits."""
IPV4_KEPT, IPV6_KEPT = 24, 48


def keyed_name(value: str, key: bytes, *, purpose: str) -> str:
    """Name `value` by HMAC-SHA-256 under `key`, cut to 64 bits; each purpose has names of its own."""
    return hmac.new(key, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()[:NAME_CHARS]


def keyed_bits(key: bytes, purpose: str, n: int) -> NDArray[np.uint64]:
    """Draw `n` words of 64 bits from SHAKE-256 of key and purpose: the same on every machine and version."""
    stream = hashlib.shake_256(key + purpose.encode()).digest(8 * n)
    return np.frombuffer(stream, dtype="<u8").astype(np.uint64)


def keyed_normal(key: bytes, purpose: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Draw standard normal numbers under a key, by the transform of Box and Muller."""
    n = shape[0] * shape[1]
    uniform = ((keyed_bits(key, purpose, 2 * n) >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    radius, angle = np.sqrt(-2.0 * np.log(uniform[:n])), 2.0 * np.pi * uniform[n:]
    return (radius * np.cos(angle)).reshape(shape).astype(np.float32)


def prefix_of(address: str) -> str:
    """Cut an address to its /24 (IPv4) or /48 (IPv6); what is no address, such as a prefix or a hash, stays.

    A port, brackets and the further hops of an X-Forwarded-For list are dropped.
    """
    first = address.split(",", maxsplit=1)[0].strip()
    bare = first[1:].split("]", maxsplit=1)[0] if first.startswith("[") else first
    if bare.count(":") == 1 and "." in bare:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return first
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    kept = IPV4_KEPT if found.version == 4 else IPV6_KEPT  # noqa: PLR2004 - the version of the protocol
    return str(ipaddress.ip_network(f"{found}/{kept}", strict=False))


def domain_of(address: str) -> str:
    """Give the domain of an e-mail address in lower case; what has no @ is taken for a domain."""
    return address.rpartition("@")[2].strip().lower()


def plain(value: str) -> str:
    """Give a value as it is."""
    return value


PURPOSES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "client_address": ("ip_prefix", prefix_of),
    "ip_prefix": ("ip_prefix", prefix_of),
    "user_agent": ("user_agent_hash", plain),
    "user_agent_hash": ("user_agent_hash", plain),
    "payment": ("payment_hash", plain),
    "payment_hash": ("payment_hash", plain),
    "email": ("email_domain_hash", domain_of),
    "email_domain_hash": ("email_domain_hash", domain_of),
}
"""Raw column to the column of keyed names it becomes, and what is cut off first."""


def named_column(column: Any, raw: str, key: bytes) -> Any:  # noqa: ANN401 - an Arrow column of texts
    """Turn a column of raw values into keyed names; null stays null. Each distinct value is hashed once."""
    target, cut = PURPOSES[raw]
    coded = pa.chunked_array(column).combine_chunks() if isinstance(column, list) else column
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    coded = coded.cast(pa.string()).dictionary_encode()
    names = [keyed_name(cut(value), key, purpose=target) for value in coded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(coded.indices)
