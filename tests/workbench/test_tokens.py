"""API tokens: shown once, kept as a digest, narrow, mortal, and never in a log."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.test.utils import override_settings

from angelshare.workbench import tokens
from angelshare.workbench.logs import NoSecrets, without_secrets
from angelshare.workbench.models import AuditEntry, Token
from angelshare.workbench.ratelimit import Buckets, CallLimit, address_of, network_of

DAY = timedelta(days=1)


@pytest.fixture
def issued(people, now):
    return tokens.issue(people["researcher"], "export", ["read", "watch"], lives=30 * DAY, now=now)


def test_the_text_of_a_token_is_kept_nowhere(issued):
    text, row = issued

    assert row.digest == tokens.digest(text)
    kept = [str(value) for row in (*Token.objects.values(), *AuditEntry.objects.values()) for value in row.values()]
    assert kept
    assert not any(text in value for value in kept)


def test_a_token_opens_until_it_expires(issued, now):
    text, row = issued

    assert tokens.bearer(f"Bearer {text}", now) == row
    assert tokens.bearer(f"bearer {text}", now + 29 * DAY) == row
    assert tokens.bearer(f"Bearer {text}", now + 30 * DAY) is None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer x{}", "Bearer {}x"])
def test_any_other_header_opens_nothing(issued, now, header):
    assert tokens.bearer(header.format(issued[0]), now) is None


def test_the_token_of_a_closed_account_opens_nothing(issued, now, people):
    people["researcher"].is_active = False
    people["researcher"].save()

    assert tokens.bearer(f"Bearer {issued[0]}", now) is None


def test_the_last_use_is_written_now_and_then(issued, now):
    text, row = issued
    for minutes in (0, 1, 10):
        tokens.bearer(f"Bearer {text}", now + timedelta(minutes=minutes))
        row.refresh_from_db()
        assert row.used_at == now + timedelta(minutes=10 if minutes == 10 else 0)


def test_a_token_opens_what_both_its_scopes_and_its_owner_may(people, now):
    _, wide = tokens.issue(people["admin"], "all", list(tokens.SCOPES), lives=DAY, now=now)
    _, narrow = tokens.issue(people["admin"], "read", ["read"], lives=DAY, now=now)
    opened = {action for action in tokens.people.ACTIONS if tokens.allows(wide, action)}

    assert opened == {"read", "export", "see_proposals", "propose", "upload", "save", "watch"}
    assert tokens.allows(narrow, "read")
    assert not tokens.allows(narrow, "propose")
    _, members = tokens.issue(people["researcher"], "all", list(tokens.SCOPES), lives=DAY, now=now)
    assert not tokens.allows(members, "see_proposals")


@pytest.mark.parametrize(
    ("scopes", "lives", "says"),
    [
        (["reed"], DAY, "did you mean 'read'"),
        ([], DAY, "without a scope"),
        (["read"], timedelta(0), "lives 1 to 366 days"),
        (["read"], 367 * DAY, "lives 1 to 366 days"),
    ],
)
def test_a_token_that_would_be_useless_or_immortal_is_refused(people, now, scopes, lives, says):
    with pytest.raises(tokens.TokenError, match=says):
        tokens.issue(people["researcher"], "t", scopes, lives=lives, now=now)
    assert not Token.objects.exists()


def test_only_the_owner_revokes_a_token(issued, people, now):
    text, row = issued

    assert not tokens.revoke(people["admin"], row.pk, now)
    assert tokens.revoke(people["researcher"], row.pk, now)
    assert tokens.bearer(f"Bearer {text}", now) is None


# --- logs -----------------------------------------------------------------------------------------


SECRET_LINES = [
    "GET /api/v1/pages Authorization: Bearer {}",
    "headers={{'Authorization': 'Bearer {}'}}",
    "token {}",
    "sessionid={}; csrftoken=abc",
    "POST password1={}&password2=x",
    "postgres://angelshare:{}@db/angelshare",
    "smtp://u:{}@mail.example:587",
    "GET /accounts/confirm-email/{}/",
    "GET /accounts/password/reset/key/{}/",
]


@pytest.mark.parametrize("line", SECRET_LINES)
def test_no_secret_stands_in_a_cleaned_line(issued, line):
    cleaned = without_secrets(line.format(issued[0]))

    assert issued[0] not in cleaned
    assert "[hidden]" in cleaned


def test_a_line_without_secrets_stays_as_it_is():
    line = (
        "WARNING django.request: Not Found: /distillation-risk/revisions/?page=2 at 12:30:01 (https://example.org/a@b)"
    )

    assert without_secrets(line) == line


def test_a_token_in_arguments_or_in_a_traceback_never_reaches_a_handler(issued, capsys):
    text, _ = issued
    handler = logging.StreamHandler()
    handler.addFilter(NoSecrets())
    logger = logging.getLogger("angelshare.test-of-secrets")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        int(text)  # its message repeats what it cannot read
    except ValueError:
        logger.exception("failed for %s", text)
    logger.removeHandler(handler)

    said = capsys.readouterr().err
    assert "failed for [hidden]" in said
    assert "ValueError: invalid literal for int() with base 10: '[hidden]'" in said
    assert text not in said


def test_every_handler_of_the_settings_cleans_what_it_writes():
    assert settings.LOGGING["handlers"]
    assert all("no_secrets" in handler["filters"] for handler in settings.LOGGING["handlers"].values())


# --- how often ------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_and_then_its_rate():
    buckets = Buckets(burst=3, per_second=0.5)
    first = [buckets.take("a", 100.0) for _ in range(4)]

    assert [(a.allowed, a.remaining, a.retry_after_seconds) for a in first] == [
        (True, 2, 0), (True, 1, 0), (True, 0, 0), (False, 0, 2),
    ]  # fmt: skip
    assert buckets.take("b", 100.0).allowed
    assert not buckets.take("a", 101.0).allowed
    assert buckets.take("a", 102.0).allowed


def test_over_a_long_time_no_more_than_burst_and_rate_pass():
    buckets = Buckets(burst=5, per_second=2.0)
    passed = sum(buckets.take("a", step / 64).allowed for step in range(6_401))

    assert passed == 5 + 2 * 100


def test_the_longest_unused_are_forgotten_so_memory_is_bounded():
    buckets = Buckets(burst=1, per_second=0.001, most=2)
    for key in ("a", "b", "c"):
        buckets.take(key, 0.0)

    assert not buckets.take("c", 0.0).allowed
    assert not buckets.take("b", 0.0).allowed
    assert buckets.take("a", 0.0).allowed


def test_an_address_of_ipv6_counts_by_its_network():
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2::2")
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("192.0.2.1") == "192.0.2.1"


def test_a_token_has_its_own_limit_wherever_it_is_used():
    limit = CallLimit(burst=2, per_second=1.0)

    assert [limit.take(f"192.0.2.{i}", "mine", 0.0).allowed for i in range(3)] == [True, True, False]
    assert limit.take("192.0.2.1", "other", 0.0).allowed
    assert limit.take("192.0.2.1", None, 0.0).allowed


def test_making_tokens_up_does_not_widen_the_limit_of_an_address_for_good():
    limit = CallLimit(burst=2, per_second=1.0)
    passed = sum(limit.take("192.0.2.1", f"made up {i}", 0.0).allowed for i in range(100))

    assert passed == 2 * CallLimit.WIDER
    assert limit.take("192.0.2.2", None, 0.0).allowed


def test_an_address_is_what_trusted_proxies_say_and_nobody_else(rf):
    forged = {"x-forwarded-for": "203.0.113.9, 198.51.100.7"}
    request = rf.get("/", headers=forged, REMOTE_ADDR="192.0.2.1")

    assert address_of(request) == "192.0.2.1"
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert address_of(request) == "198.51.100.7"
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=3):
        assert address_of(request) == "unknown"
    assert address_of(rf.get("/", REMOTE_ADDR="")) == "unknown"


@pytest.fixture
def rf():
    return RequestFactory()
