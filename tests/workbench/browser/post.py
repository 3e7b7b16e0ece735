"""Where the workbench's letters and webhooks arrive: a mail server that speaks STARTTLS, and a web server."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import TypeVar

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HERE = "127.0.0.1"
PATIENCE_SECONDS = 30
"""A deliverer looks every five seconds, on a machine that may be busy."""

Found = TypeVar("Found")


def waited(find: Callable[[], Found | None], what: str) -> Found:
    """Wait until something arrives."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if found := find():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not arrive within {PATIENCE_SECONDS} s")


class Mailbox:
    """Every letter that was sent, whoever it is for."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the name that aiosmtpd calls
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def letter(self, to: str, word: str) -> EmailMessage:
        """Wait for the first letter to somebody whose subject has a word in it."""

        def find() -> EmailMessage | None:
            held = [one for one in self.letters if to in one["To"] and word in one["Subject"]]
            return held[0] if held else None

        return waited(find, f"a letter to {to} about “{word}”")


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[Mailbox, dict[str, str]]]:
    """Take mail, over TLS alone; gives the mailbox, and the settings with which the workbench reaches it."""
    certificate, key = _self_signed(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.socket() as free:
        free.bind((HERE, 0))
        port = free.getsockname()[1]
    box = Mailbox()
    server = Controller(box, hostname=HERE, port=port, tls_context=context, require_starttls=True)
    server.start()
    try:
        yield box, {"EMAIL_URL": f"smtp://{HERE}:{port}", "SSL_CERT_FILE": str(certificate)}
    finally:
        server.stop()


def _self_signed(folder: Path) -> tuple[Path, Path]:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate, key = folder / "mail.pem", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption_algorithm=plain)
    )
    return certificate, key


@contextmanager
def webhook_receiver() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Take deliveries; gives the address, and the list into which headers (names in lower case) and bodies go."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HERE, 0), Receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HERE}:{server.server_port}/alerts", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
