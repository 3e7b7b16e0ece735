"""Webhooks: signed, sent once per attempt to a checked address, never into a private network, never redirected."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import httpx2
from django.conf import settings

from angelshare.core.errors import UnsafeAddressError, WorkbenchError

TOTAL_SECONDS = 10.0
"""For everything: finding the address, connecting, sending, and the first line of the answer."""
MOST_BYTES = 256 * 1024
"""Longest body that is sent."""
FRESH_SECONDS = 300
"""A receiver refuses a delivery signed longer ago, so that a recorded one cannot be played again later."""
GONE = 410
NAT64 = ipaddress.ip_network("64:ff9b::/96")
UNICAST = ipaddress.ip_network("2000::/3")
"""What of IPv6 is given out for use in public (RFC 4291, section 2.4); all else is local, special or nobody's."""
SPECIAL = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2620:4f:8000::/48", "3fff::/20", "fec0::/10")
]
"""Not for webhooks, though Python calls parts of it global: the IANA registries of special-purpose addresses."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class WebhookError(WorkbenchError):
    """An attempt failed; another may do better."""


class WebhookGoneError(WebhookError):
    """The receiver says that it is gone for good."""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Sign a body: HMAC-SHA256 in hex of the timestamp, a dot, and the body."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def genuine(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """Say whether a delivery was signed by us with this secret, and just now; what a receiver does.

    Args:
        headers: of the request, names in lower case.
        body: as received, byte for byte.
        secret: shown when the watch was made.
        now: the receiver's clock, UTC.
    """
    stamp = headers.get("angelshare-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and abs(now.timestamp() - int(stamp)) <= FRESH_SECONDS):
        return False
    given = headers.get("angelshare-signature", "").removeprefix("sha256=")
    return hmac.compare_digest(signature(secret, int(stamp), body).encode(), given.encode())


def body_of(payload: Mapping[str, object], key: str) -> bytes:
    """Write the body of a delivery: the same bytes on every attempt; Slack reads its `text`."""
    return json.dumps({**payload, "delivery": key}, sort_keys=True, ensure_ascii=False).encode()


def send(url: str, payload: Mapping[str, object], *, key: str, secret: str, now: datetime) -> None:
    """Deliver a payload to a webhook, once.

    Raises UnsafeAddressError for an address we may not reach, WebhookGoneError for HTTP 410, WebhookError for the rest.
    """
    body = body_of(payload, key)
    if len(body) > MOST_BYTES:
        raise WebhookGoneError(f"{_host(url)}: the message is larger than {MOST_BYTES} bytes")
    stamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "angelshare-webhook/1",
        "Angelshare-Timestamp": str(stamp),
        "Angelshare-Delivery": key,
        "Idempotency-Key": key,
        "Angelshare-Signature": f"sha256={signature(secret, stamp, body)}",
    }
    try:
        status = asyncio.run(_post(url, body, headers))
    except TimeoutError:
        raise WebhookError(f"{_host(url)}: no answer within {TOTAL_SECONDS:g} s") from None
    except (httpx2.HTTPError, OSError) as error:
        raise WebhookError(f"{_host(url)}: cannot be reached ({str(error) or type(error).__name__})") from error
    _judge(url, status)


def _host(url: str) -> str:
    """Name a webhook in an error that staff see too: the rest of its address can open a channel."""
    return checked_url(url).host


def _judge(url: str, status: int) -> None:
    if status == GONE:
        raise WebhookGoneError(f"{_host(url)}: gone (HTTP 410)")
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP redirects
        raise WebhookError(
            f"{_host(url)}: redirects elsewhere (HTTP {status}); redirects are not followed, give the last url"
        )
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP success
        raise WebhookError(f"{_host(url)}: refused the delivery (HTTP {status})")


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send to the very address that was checked, so that a second look-up cannot lead elsewhere."""
    async with asyncio.timeout(TOTAL_SECONDS):
        parsed = checked_url(url)
        addresses = safe_addresses(parsed.host, await _resolve(parsed), allowed_networks())
        at = addresses[0]
        pinned = parsed.copy_with(host=str(at))
        verify = httpx2.create_ssl_context() if parsed.scheme == "https" else False
        client = httpx2.AsyncClient(
            verify=verify, trust_env=False, follow_redirects=False, timeout=httpx2.Timeout(TOTAL_SECONDS)
        )
        # the name stays what the receiver is asked for and what its certificate must show
        named = {**headers, "Host": parsed.netloc.decode("ascii")}
        extensions = {"sni_hostname": parsed.raw_host.decode("ascii")}
        async with client, client.stream("POST", pinned, content=body, headers=named, extensions=extensions) as reply:
            return reply.status_code  # its body is never read


async def _resolve(url: httpx2.URL) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await loop.getaddrinfo(url.raw_host.decode("ascii"), port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise WebhookError(f"no address is known for '{url.host}' ({error.strerror})") from error
    except UnicodeError as error:  # a part of the name is empty, or longer than names are
        raise UnsafeAddressError(f"'{url.host}' is no host name") from error
    return [str(address[0]) for *_, address in found]


def checked_url(url: str) -> httpx2.URL:
    """Read the address of a webhook. Raises UnsafeAddressError unless it is plain http or https without a password."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError) as error:
        raise UnsafeAddressError(f"'{url}' is no web address ({error})") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise UnsafeAddressError(f"'{url}': a webhook is an http or https address without a user name or password")
    return parsed


def safe_addresses(host: str, found: Sequence[str], allowed: Sequence[str]) -> Sequence[Address]:
    """Check every address a name leads to.

    Args:
        host: the name, for the message.
        found: what it resolved to.
        allowed: private networks that may be reached all the same, as "10.1.0.0/16".

    Raises UnsafeAddressError if any of them is not public: a name that leads to both is a trap.
    """
    networks = [ipaddress.ip_network(network) for network in allowed]
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    for address in map(_inner, addresses):
        if not _is_public(address) and not any(address in network for network in networks):
            raise UnsafeAddressError(
                f"'{host}' leads to {address}, which is not a public address; "
                "whoever runs this workbench can allow a network with ANGELSHARE_WEBHOOK_NETWORKS"
            )
    if not addresses:
        raise UnsafeAddressError(f"'{host}' leads nowhere")
    return addresses


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == UNICAST.version and address not in UNICAST:
        return False
    return not any(address in network for network in SPECIAL)


def _inner(address: Address) -> Address:
    """Unwrap an IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo or NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def allowed_networks() -> Sequence[str]:
    """Give the private networks this deployment lets webhooks reach."""
    return list(settings.WEBHOOK_NETWORKS)
