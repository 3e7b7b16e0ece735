from __future__ import annotations

from datetime import UTC, datetime

import pytest

from angelshare.models.client import backoff
from angelshare.models.limits import Bucket, Window
from angelshare.models.transport import retry_after


def test_over_time_a_bucket_lets_through_its_rate_and_no_more():
    bucket, now, sent = Bucket(per_minute=600), 0.0, []
    for _ in range(500):
        now += bucket.wait(1, at=now)
        sent.append(now)
    # ten a second: in no window of ten seconds more than a hundred, and one second's worth saved up
    assert max(sum(start <= at < start + 10 for at in sent) for start in sent) <= 110
    assert sent[-1] == pytest.approx(49, abs=0.2)


def test_a_call_larger_than_a_second_s_worth_passes_at_once_and_the_next_pays_for_it():
    bucket = Bucket(per_minute=600)
    assert bucket.wait(50, at=0.0) == 0.0
    assert bucket.wait(1, at=0.0) == pytest.approx(4.1)
    bucket.give_back(40)  # it took ten after all
    assert bucket.wait(1, at=0.0) == pytest.approx(0.2)


def test_a_bucket_without_a_rate_holds_nobody_up():
    assert Bucket(per_minute=0).wait(1e9, at=0.0) == 0.0


def test_throttling_halves_the_window_once_per_window_and_answers_widen_it_by_one():
    window = Window(most=16)
    for _ in range(5):  # five calls that all left before anyone knew
        window.throttled(sent_at=0.0, at=1.0, pause=2.0)
    assert (window.size, window.quiet_until) == (8.0, 3.0)
    window.throttled(sent_at=1.5, at=4.0, pause=0.0)
    assert window.size == 4.0
    for _ in range(4):
        window.answered()
    assert 4.9 <= window.size <= 5.0
    for _ in range(1000):
        window.answered()
    assert window.size == 16.0
    for k in range(20):
        window.throttled(sent_at=10.0 + k, at=10.0 + k, pause=0.0)
    assert window.has_room()  # one may always leave


def test_retry_after_is_read_as_seconds_or_as_a_date():
    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert retry_after("7", now) == 7.0
    assert retry_after("0.5", now) == 0.5
    assert retry_after("Tue, 24 Nov 2026 08:00:30 GMT", now) == 30.0
    assert retry_after("Tue, 24 Nov 2026 07:00:00 GMT", now) == 0.0
    assert retry_after("", now) is None
    assert retry_after("soon", now) is None


def test_pauses_double_up_to_half_a_minute_and_differ_between_calls():
    pauses = [backoff("a" * 64, failures) for failures in range(1, 12)]
    assert all(0.25 * 2**k <= min(pause, 15) <= 0.5 * 2**k or pause >= 15 for k, pause in enumerate(pauses))
    assert max(pauses) <= 30
    assert backoff("a" * 64, 3) == pauses[2] != backoff("b" * 64, 3)
