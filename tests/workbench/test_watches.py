from __future__ import annotations

import itertools
import re
from datetime import timedelta
from random import Random
from threading import Event

import pytest
from django.core.cache import cache

from angelshare.core.catalogue import Cell
from angelshare.core.errors import WatchError
from angelshare.core.records import Estimate, Refusal
from angelshare.workbench.chain import publish
from angelshare.workbench.deliver import keep_delivering
from angelshare.workbench.models import Message, Notice, Watch
from angelshare.workbench.watch_match import beyond
from angelshare.workbench.watch_target import said
from angelshare.workbench.watches import expire, watch_for

NUMBER = "measured/delay/numbers/delay_months"


@pytest.fixture
def put(now):
    """Publish a state of a page, each a minute after the one before."""
    minutes = iter(range(1_000))

    def put(dossier):
        at = now + timedelta(minutes=next(minutes))
        return publish(dossier, message="M", author=None, reviewer=None, now=at)

    return put


@pytest.fixture
def watch(people, now):
    def watch(kind, **fields):
        return watch_for(people["researcher"], kind, now=now, **fields)

    return watch


def heard():
    return list(Notice.objects.order_by("at", "key").values_list("words", flat=True))


def test_a_watch_on_a_page_hears_every_change_of_it_and_of_no_other(put, watch, make_dossier):
    put(make_dossier())
    watch("page", slug="distillation-risk")
    put(make_dossier("other"))
    put(make_dossier(note="N.", facts={}))

    assert heard() == ["status removed: “under discussion”\nnote added: “N.”"]


@pytest.mark.parametrize(
    ("target", "count"), [("note", 1), ("facts", 1), ("facts/status", 1), ("facts/stat", 0), ("definition", 0)]
)
def test_a_watch_on_a_field_hears_that_field_and_what_is_under_it(put, watch, make_dossier, target, count):
    put(make_dossier())
    watch("field", slug="distillation-risk", target=target)
    put(make_dossier(note="N.", facts={"status": "settled"}))

    assert len(heard()) == count


def test_a_watch_on_a_claim_hears_its_status(put, watch, make_dossier, claim):
    put(make_dossier(claims=(claim("a"), claim("ab"))))
    watch("claim", slug="distillation-risk", target="a")
    put(make_dossier(claims=(claim("a", status="disputed"), claim("ab", status="withdrawn"))))

    assert heard() == ["claim a: status: “reported” → “disputed”"]


def test_a_search_hears_of_pages_that_begin_to_be_found_change_and_cease(put, watch, make_dossier):
    watch("search", target="Radioactive students")
    put(make_dossier())
    put(make_dossier(note="Students may be radioactive."))
    put(make_dossier(note="Students may be radioactive, some say."))
    put(make_dossier(note="Students may be radioactive, some say.", label="Elsewhere"))
    put(make_dossier())

    assert [words.splitlines()[0] for words in heard()] == [
        "now found by the search “Radioactive students”",
        "note: “Students may be radioactive.” → “Students may be radioactive, some say.”",
        "no longer found by the search “Radioactive students”",
    ]


def test_a_watch_on_a_cell_hears_it_once_from_the_instruments_own_page(put, watch, make_dossier):
    def pages(relation):
        cell = Cell(instrument="act", topic="scope", relation=relation, claim="not-addressed")
        return [make_dossier(slug, cells=(cell,)) for slug in ("act", "scope")]

    for dossier in pages("silent"):
        put(dossier)
    watch("cell", target="act/scope")
    for dossier in pages("governs"):
        put(dossier)

    assert heard() == ["act on scope: relation: “silent” → “governs”"]


# --- thresholds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "inside", "outside"),
    [
        ({"above": 6}, (5.6, 4.6, 6.6), (6.1, 5.2, 7.0)),
        ({"below": 5}, (5.6, 4.6, 6.6), (4.5, 3.5, 5.5)),
        ({"leaves": 5}, (5.6, 4.6, 6.6), (6.1, 5.2, 7.0)),
        ({"leaves": [5, 6]}, (5.6, 4.6, 6.6), (6.1, 5.2, 7.0)),
    ],
)
def test_a_bound_fires_when_it_is_crossed_and_not_again_while_it_stays_crossed(
    put, watch, make_dossier, measured, *, bound, inside, outside
):
    put(make_dossier(measured=(measured(*inside),)))
    watch("threshold", slug="distillation-risk", target=NUMBER, bound=bound)
    put(make_dossier(measured=(measured(*outside),)))
    put(make_dossier(measured=(measured(*outside),), note="Nothing new."))
    put(make_dossier(measured=(measured(*inside),)))
    put(make_dossier(measured=(measured(*outside),)))

    assert len(heard()) == 2


def test_a_crossing_says_what_was_what_is_and_whether_the_interval_settles_it(put, watch, make_dossier, measured):
    put(make_dossier())
    watch("threshold", slug="distillation-risk", target=NUMBER, bound={"above": 6})
    put(make_dossier(measured=(measured(6.1, 5.2, 7.0),)))
    put(make_dossier())
    put(make_dossier(measured=(measured(8.0, 7.0, 9.0),)))

    assert heard() == [
        "delay above 6: 5.6 months [4.6, 6.6] → 6.1 months [5.2, 7.0]; its interval does not settle it",
        "delay above 6: 5.6 months [4.6, 6.6] → 8.0 months [7.0, 9.0]",
    ]


def test_a_watched_number_that_is_no_longer_stated_is_told_too(put, watch, make_dossier):
    put(make_dossier())
    watch("threshold", slug="distillation-risk", target=NUMBER, bound={"above": 6})
    put(make_dossier(measured=()))

    assert heard() == ["delay can no longer be held against your bound: taken off the page"]


def test_a_refused_number_is_past_no_bound_and_an_open_interval_holds_its_side():
    open_above = Estimate(value=9.0, low=7.0, high=None, level=0.95, n=9, method="profile")

    assert not beyond(Refusal(refused="too few dates"), {"above": 0})
    assert not beyond(open_above, {"leaves": 100})
    assert beyond(open_above, {"leaves": 6})


@pytest.mark.parametrize(
    "bound",
    [
        {},
        {"above": 1, "below": 2},
        {"above": None},
        {"leaves": [5]},
        {"leaves": [6, 5]},
        {"above": float("nan")},
        {"above": True},
        {"near": 5},
    ],
)
def test_a_bound_that_could_never_fire_is_refused(put, watch, make_dossier, bound):
    put(make_dossier())

    with pytest.raises(WatchError):
        watch("threshold", slug="distillation-risk", target=NUMBER, bound=bound)


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("page", {"slug": "nowhere"}, "there is none at 'nowhere'"),
        ("search", {"target": " "}, "must say which"),
        ("cell", {"target": "act"}, "INSTRUMENT/TOPIC"),
        ("weather", {}, "no kind of watch"),
    ],
)
def test_a_watch_on_nothing_is_refused(watch, kind, fields, says):
    with pytest.raises(WatchError, match=says):
        watch(kind, **fields)


# --- expiry ---------------------------------------------------------------------------------------


def test_a_claim_that_expires_is_told_once_on_the_day_after_its_date(put, watch, make_dossier, claim, now):
    put(make_dossier(claims=(claim(expires_on="2026-11-24"), claim("later", expires_on="2027-03-01"))))
    watch("expiry")

    assert [expire(now), len(heard())] == [0, 0]
    for days in (1, 2, 3):
        expire(now + timedelta(days=days))
    assert heard() == [
        "claim not-addressed was to be looked at again by 2026-11-24: The Act does not explicitly address distillation."
    ]


@pytest.fixture
def expiring(put, watch, make_dossier, claim):
    cache.clear()  # the loop looks once a day, and notes there that it has
    put(make_dossier(claims=(claim(expires_on="2026-11-24"),)))
    return watch("expiry")


@pytest.mark.usefixtures("committed", "expiring")  # the loop closes old connections
def test_the_loop_that_delivers_tells_of_an_expiry_by_itself(letters, now):
    stop, asked = Event(), itertools.count()

    def clock():
        at = now + timedelta(hours=6 * next(asked))
        if at > now + timedelta(days=9):
            stop.set()
        return at

    done = keep_delivering(clock, rng=Random(1), stop=stop, every_seconds=0.001)

    (letter,) = letters
    assert "was to be looked at again by 2026-11-24" in letter.body
    assert done.sent == 1


def test_a_claim_no_longer_upheld_does_not_expire(put, watch, make_dossier, claim, now):
    put(make_dossier(claims=(claim(expires_on="2026-11-01", status="withdrawn"),)))
    watch("expiry", slug="distillation-risk")

    assert expire(now) == 0


def test_a_claim_looked_at_again_and_expired_again_is_told_again(put, watch, make_dossier, claim, now):
    put(make_dossier(claims=(claim(expires_on="2026-11-01"),)))
    watch("expiry", slug="distillation-risk", target="not-addressed")
    expire(now)
    put(make_dossier(claims=(claim(expires_on="2026-12-01"),)))
    expire(now + timedelta(days=30))

    assert len(heard()) == 2


@pytest.mark.parametrize("asked", [
    ("claim", "not-adressed", "has no claim 'not-adressed'; did you mean 'not-addressed'"),
    ("expiry", "no-such", "has no claim"),
    ("field", "fact", "has no field 'fact'; did you mean 'facts'"),
    ("threshold", "delay_month", "has no number 'delay_month'"),
    ("cell", "distillation-risk/nowhere", "there is no topic at 'nowhere'"),
    ("cell", "nowhere", "write INSTRUMENT/TOPIC"),
])  # fmt: skip
def test_a_watch_on_what_is_not_there_is_refused_with_what_is(put, watch, make_dossier, asked):
    kind, target, says = asked
    put(make_dossier())
    with pytest.raises(WatchError, match=re.escape(says)):
        watch(kind, slug="" if kind == "cell" else "distillation-risk", target=target, bound={"above": 1})


def test_the_name_of_a_number_will_do_for_its_whole_address_and_is_told_in_words(put, watch, make_dossier):
    put(make_dossier())
    made = watch("threshold", slug="distillation-risk", target="delay_months", bound={"above": 6})

    assert made.target == NUMBER
    assert said(made) == "delay (delay) of distillation-risk: above 6"


# --- on the page ----------------------------------------------------------------------------------


def test_a_watch_is_made_on_the_page_its_secret_shown_once_and_stopped(put, make_dossier, signed_in, people):
    put(make_dossier())
    browser = signed_in("researcher")
    form = {
        "kind": "page",
        "slug": "distillation-risk",
        "frequency": "immediate",
        "webhook_url": "https://hooks.example.org/x",
    }

    first = browser.post("/watches/", form).content.decode()
    made = Watch.objects.get()

    assert made.webhook_secret in first
    assert made.webhook_secret not in browser.get("/watches/").content.decode()
    assert signed_in("editor").post(f"/watches/{made.pk}/stop/").status_code == 404
    assert browser.post(f"/watches/{made.pk}/stop/").status_code == 302
    assert Watch.objects.count() == 0


def test_the_form_of_a_page_offers_what_can_be_watched_on_it(put, make_dossier, signed_in):
    put(make_dossier())

    text = signed_in("researcher").get("/watches/?slug=distillation-risk").content.decode()

    assert all(f'<option value="{target}">' in text for target in (NUMBER, "not-addressed", "facts/status"))
    assert "datalist" not in signed_in("researcher").get("/watches/?slug=nowhere").content.decode()


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "https://ann:secret@example.org/", "javascript:alert(1)", "hello"]
)
def test_a_webhook_that_is_no_web_address_is_refused_in_the_form(put, make_dossier, signed_in, url):
    put(make_dossier())
    form = {"kind": "page", "slug": "distillation-risk", "frequency": "immediate", "webhook_url": url}

    text = signed_in("researcher").post("/watches/", form).content.decode()

    assert "errorlist" in text
    assert Watch.objects.count() == 0


def test_what_was_noticed_is_read_by_its_owner_alone(put, watch, make_dossier, signed_in):
    put(make_dossier())
    watch("page", slug="distillation-risk")
    put(make_dossier(note="For your eyes."))

    assert "For your eyes." in signed_in("researcher").get("/notices/").content.decode()
    assert "For your eyes." not in signed_in("admin").get("/notices/").content.decode()
    signed_in("researcher").post("/notices/")
    assert Notice.objects.get().read_at is not None


def test_what_was_given_up_is_shown_to_its_owner_and_to_staff_and_tried_again(put, watch, make_dossier, signed_in):
    put(make_dossier())
    watch("page", slug="distillation-risk")
    put(make_dossier(note="N."))
    Message.objects.update(state="dead", error="mailbox full")
    key = Message.objects.get().key

    assert "mailbox full" in signed_in("researcher").get("/notices/").content.decode()
    assert "mailbox full" in signed_in("admin").get("/staff/deliveries/").content.decode()
    assert signed_in("editor").get("/staff/deliveries/").status_code == 403
    assert signed_in("editor").post(f"/deliveries/{key}/retry/").status_code == 404
    assert signed_in("researcher").post(f"/deliveries/{key}/retry/").status_code == 302
    assert Message.objects.get().state == "pending"
