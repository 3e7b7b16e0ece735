from __future__ import annotations

import json
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest
from django.test.utils import override_settings

from angelshare.core.errors import UnsafeAddressError
from angelshare.workbench import webhooks
from angelshare.workbench.chain import publish
from angelshare.workbench.deliver import deliver_due
from angelshare.workbench.models import Message
from angelshare.workbench.outbox import claim
from angelshare.workbench.watches import watch_for
from angelshare.workbench.webhooks import WebhookError, WebhookGoneError, genuine, safe_addresses, send

SECRET = "s" * 64


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.log.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self):
        self.do_POST()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.log, server.status, server.delay = [], 204, 0.0
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with override_settings(WEBHOOK_NETWORKS=["127.0.0.0/8"]):
        yield server
    server.shutdown()
    server.server_close()
    thread.join()


def url(server, host="127.0.0.1"):
    return f"http://{host}:{server.server_port}/hook"


def test_a_delivery_carries_its_id_and_a_signature_the_receiver_can_check(receiver, now):
    send(url(receiver), {"text": "Ö moved"}, key="k1", secret=SECRET, now=now)

    ((path, headers, body),) = receiver.log
    assert (path, json.loads(body)) == ("/hook", {"text": "Ö moved", "delivery": "k1"})
    assert headers["angelshare-delivery"] == headers["idempotency-key"] == "k1"
    assert genuine(headers, body, secret=SECRET, now=now + timedelta(seconds=299))


def test_a_delivery_that_was_altered_replayed_or_signed_by_others_is_not_genuine(receiver, now):
    send(url(receiver), {"text": "x"}, key="k1", secret=SECRET, now=now)
    ((_, headers, body),) = receiver.log
    other_time = headers | {"angelshare-timestamp": str(int(now.timestamp()) + 60)}

    assert not genuine(headers, body + b" ", secret=SECRET, now=now)
    assert not genuine(headers, body, secret="t" * 64, now=now)
    assert not genuine(headers, body, secret=SECRET, now=now + timedelta(seconds=301))
    assert not genuine(other_time, body, secret=SECRET, now=now)
    assert not genuine({}, body, secret=SECRET, now=now)


def test_every_attempt_sends_the_same_bytes(receiver, now):
    for minute in (0, 5):
        send(url(receiver), {"b": 1, "a": [2]}, key="k1", secret=SECRET, now=now + timedelta(minutes=minute))

    (_, first, once), (_, second, again) = receiver.log
    assert once == again
    assert first["idempotency-key"] == second["idempotency-key"]
    assert first["angelshare-signature"] != second["angelshare-signature"]


# --- where a webhook may lead ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.0.0.8", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.100.100.200",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2002:a00:1::1", "0.1.2.3", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "100.64.0.1",
        "fec0::1", "::127.0.0.1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "64:ff9b::", "100::1", "2001:db8::1",
        "2001:0:7f00:1::", "2001:10::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "4000::1", "fc00::1", "ff0e::1",
    ],
)  # fmt: skip
def test_no_private_address_is_reached_however_it_is_written(address):
    with pytest.raises(UnsafeAddressError, match="not a public address"):
        safe_addresses("host", [address], [])


def test_a_name_that_leads_to_a_public_and_a_private_address_is_refused():
    with pytest.raises(UnsafeAddressError, match=r"10\.0\.0\.1"):
        safe_addresses("host", ["93.184.215.14", "10.0.0.1"], [])


def test_public_addresses_and_allowed_networks_pass():
    public = ["93.184.215.14", "2606:2800:21f::1", "64:ff9b::808:808"]
    assert [str(address) for address in safe_addresses("host", public, [])] == public
    assert safe_addresses("host", ["10.1.2.3", "::ffff:10.1.2.4"], ["10.1.0.0/16"])
    with pytest.raises(UnsafeAddressError):
        safe_addresses("host", ["10.2.0.1"], ["10.1.0.0/16"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
        "localhost.",
        "LOCALHOST",
        "[::ffff:7f00:1]",
        "[::]",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "①②⑦.0.0.1",
        "127。0。0。1",
    ],
)
def test_loopback_is_never_called_unless_allowed(receiver, now, host):
    with override_settings(WEBHOOK_NETWORKS=[]), pytest.raises((UnsafeAddressError, WebhookError)):
        send(url(receiver, host), {"text": "x"}, key="k", secret=SECRET, now=now)

    assert receiver.log == []


def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_connected_to(receiver, now, monkeypatch):
    asked = []

    def rebinding(host, port, *rest, **more):
        asked.append(host)
        if len(asked) > 1:  # the second answer of a rebinding attack
            raise AssertionError(f"looked up again: {host}")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *rest, **more: (
            rebinding(host, port) if "example" in str(host) else real(host, port, *rest, **more)
        ),
    )

    send(url(receiver, "hooks.example.org"), {"text": "x"}, key="k", secret=SECRET, now=now)

    assert asked == ["hooks.example.org"]
    assert receiver.log[0][1]["host"] == f"hooks.example.org:{receiver.server_port}"


@pytest.mark.parametrize("address", [
    "http://ann@127.0.0.1/", "http://hooks.example.org:80@127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
    "http:///etc/passwd", "http://\r\nx: y/", "http://hooks.example.org/a\r\nX-Forged: 1", "//127.0.0.1/", "http://[::1",
    "http://" + "a" * 300 + ".example/",
])  # fmt: skip
def test_an_address_that_hides_another_or_carries_headers_sends_nothing(receiver, now, address):
    with pytest.raises((UnsafeAddressError, WebhookError)):
        send(address, {"text": "x"}, key="k", secret=SECRET, now=now)

    assert receiver.log == []


def test_a_redirect_is_not_followed(receiver, now):
    receiver.status = 302

    with pytest.raises(WebhookError, match="redirects are not followed"):
        send(url(receiver), {"text": "x"}, key="k", secret=SECRET, now=now)

    assert [path for path, *_ in receiver.log] == ["/hook"]


@pytest.mark.parametrize(("status", "error"), [(410, WebhookGoneError), (404, WebhookError), (500, WebhookError)])
def test_a_refusal_is_an_error_and_gone_is_final(receiver, now, status, error):
    receiver.status = status

    with pytest.raises(error) as raised:
        send(url(receiver), {"text": "x"}, key="k", secret=SECRET, now=now)

    assert isinstance(raised.value, WebhookGoneError) == (status == 410)


def test_a_receiver_that_dawdles_is_given_up_on(receiver, now, monkeypatch):
    monkeypatch.setattr(webhooks, "TOTAL_SECONDS", 0.3)
    receiver.delay = 2.0
    began = time.monotonic()

    with pytest.raises(WebhookError, match=r"no answer within 0\.3 s|cannot be reached"):
        send(url(receiver), {"text": "x"}, key="k", secret=SECRET, now=now)

    assert time.monotonic() - began < 1.5


def test_a_name_nobody_knows_is_an_error_that_may_pass(now):
    with pytest.raises(WebhookError, match="no address is known"):
        send("http://nowhere.invalid/", {"text": "x"}, key="k", secret=SECRET, now=now)


# --- twice, and never otherwise ---------------------------------------------------------------


@pytest.fixture
def owed(receiver, people, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    watch_for(
        people["researcher"], "page", slug="distillation-risk", by_email=False, webhook_url=url(receiver), now=now
    )
    publish(make_dossier(note="N."), message="A note", author=None, reviewer=None, now=now)
    return receiver


def test_a_deliverer_killed_between_sending_and_noting_it_sends_the_same_under_the_same_key(owed, people, now):
    (taken,) = claim(now, most=1, lease_seconds=60)
    send(taken.address, taken.payload, key=taken.key, secret=taken.watch.webhook_secret, now=now)
    # killed here: nothing says that it arrived
    deliver_due(lambda: now + timedelta(seconds=61), rng=Random(1))

    (_, first, once), (_, second, again) = owed.log
    assert once == again
    assert first["idempotency-key"] == second["idempotency-key"] == json.loads(once)["delivery"]


@pytest.mark.parametrize("poison", ["http://" + "a" * 300 + ".example/", "http://a..b.example/"])
def test_an_address_that_no_resolver_takes_stops_nobody_elses_alerts(owed, people, now, make_dossier, poison):
    watch_for(people["admin"], "page", slug="distillation-risk", by_email=False, webhook_url=poison, now=now)
    publish(make_dossier(note="M."), message="More", author=None, reviewer=None, now=now)
    done = deliver_due(lambda: now, rng=Random(1))

    assert (done.sent, done.failed, len(owed.log)) == (2, 1, 2)


def test_a_receiver_that_failed_is_told_again_under_the_same_key(owed, now):
    owed.status = 500
    deliver_due(lambda: now, rng=Random(1))
    owed.status = 204
    deliver_due(lambda: now + timedelta(minutes=1), rng=Random(1))

    (_, first, once), (_, second, again) = owed.log
    assert (once, first["idempotency-key"]) == (again, second["idempotency-key"])
    assert Message.objects.get().state == "sent"


def test_two_watches_and_two_revisions_never_share_a_key(owed, people, make_dossier, now):
    watch_for(people["editor"], "page", slug="distillation-risk", by_email=False, webhook_url=url(owed), now=now)
    publish(make_dossier(note="M."), message="More", author=None, reviewer=None, now=now)
    deliver_due(lambda: now, rng=Random(1))

    assert len({headers["idempotency-key"] for _, headers, _ in owed.log}) == len(owed.log) == 3


# --- from a revision to a receiver ----------------------------------------------------------------


def test_a_revision_reaches_the_webhook_of_its_watcher_signed(receiver, people, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    watch = watch_for(
        people["researcher"], "page", slug="distillation-risk", by_email=False, webhook_url=url(receiver), now=now
    )
    revision = publish(make_dossier(note="N."), message="A note", author=None, reviewer=None, now=now)

    done = deliver_due(lambda: now, rng=Random(1))

    ((_, headers, body),) = receiver.log
    said = json.loads(body)
    assert done.sent == 1
    assert genuine(headers, body, secret=watch.webhook_secret, now=now)
    assert said["text"].startswith("Model distillation risk: revision 2\nnote added: “N.”")
    assert (said["revision"], said["message"], said["changes"]) == (revision.sha256, "A note", ["note added: “N.”"])


def test_a_webhook_into_a_private_network_is_given_up_at_once_and_says_why(receiver, people, make_dossier, now):
    publish(make_dossier(), message="First", author=None, reviewer=None, now=now)
    watch_for(
        people["researcher"], "page", slug="distillation-risk", by_email=False, webhook_url=url(receiver), now=now
    )
    publish(make_dossier(note="N."), message="A note", author=None, reviewer=None, now=now)

    with override_settings(WEBHOOK_NETWORKS=[]):
        assert deliver_due(lambda: now, rng=Random(1)).failed == 1

    assert receiver.log == []
    assert Message.objects.get().state == "dead"
    assert "not a public address" in Message.objects.get().error
