from __future__ import annotations

from datetime import date

import pytest

from angelshare.core import errors
from angelshare.core.errors import PlanError, UnknownKeyError
from angelshare.govern.catalogue import assemble, check, require
from angelshare.govern.catalogue.check_claims import address_fault
from angelshare.govern.catalogue.dates import day, first_day

ON = date(2026, 11, 24)
ABOUT = """
[about]
title = "small"
edited_on = "2026-11-24"
licence = "CC0"
statement = "A match is not an accusation."
"""
SMALL = """
[[sources]]
id = "src-act"
title = "The Act"
url = "https://example.org/act"
publisher = "Parliament"
on = "2026-01"

[[claims]]
id = "act-line"
statement = "The Act draws a line at 10^25 FLOP."
status = "reported"
evidence = "text_seen"
verified_on = "2026-11-24"
expires_on = "2027-05-24"
sources = [{ source = "src-act", pinpoint = "Article 1", quote = "greater than" }]

[[claims]]
id = "old-line"
statement = "The Act draws no line."
status = "superseded"
evidence = "text_seen"
verified_on = "2026-11-24"
sources = [{ source = "src-act" }]
superseded_by = ["new-line"]

[[claims]]
id = "new-line"
statement = "It does."
status = "reported"
evidence = "text_seen"
verified_on = "2026-11-24"
expires_on = "2027-05-24"
sources = [{ source = "src-act" }]
supersedes = ["old-line"]

[[claims]]
id = "claim-lab"
statement = "Acme alleges that a lab made more than 1,000 exchanges with its model."
status = "reported"
evidence = "secondary_seen"
verified_on = "2026-11-24"
expires_on = "2027-05-24"
sources = [{ source = "src-act" }]

[[instruments]]
id = "act"
name = "The Act"
jurisdiction = "XX"
kind = "statute"
history = [{ on = "2025-01-01", status = "adopted", event = "signed" }, { on = "2025-06-01", status = "in_force", event = "took effect" }]
treatment = "silent"
pinpoint = "Article 1"
claims = ["act-line"]
thresholds = [{ quantity = "training_flop", value = 1e25, meaning = "duties" }]

[[topics]]
id = "topic-line"
name = "Line"
question = "Is there one?"

[[cells]]
instrument = "act"
topic = "topic-line"
relation = "governs"
claim = "act-line"

[[allegations]]
id = "alleged-lab"
alleged_by = "Acme"
about = "a lab"
named = "named"
target = "Acme's model"
alleged_on = "2026-06-01"
claim = "claim-lab"
counts = "exchanges"
exchanges_are = "floor"
accounts_are = "not_stated"
window = "stated"
from_on = "2026-04-01"
to_on = "2026-05-01"
response = "denied"
exchanges = 1000

[[figures]]
id = "figure-lag"
kind = "delay_months"
subject = "open behind closed"
metric = "index"
method = "match"
as_published = "3 to 5 months"
on = "2026-05"
claim = "act-line"
low = 3.0
high = 5.0

[[concepts]]
id = "line"
name = "Line"
definition = "A line that an act draws."
scope = ["What is beyond it."]
used_by = ["act"]
related = []
articles = ["article-line"]
note = "Say whose."
references = ["src-act"]
claims = ["act-line"]

[[articles]]
id = "article-line"
title = "Lines"
topic = "topic-line"
summary = "On lines."
paragraphs = [{ text = "There is one at 10^25.", claims = ["act-line"] }, { text = "That is all." }]
"""


def small(old: str = "", new: str = ""):
    assert old in SMALL
    return assemble({"about.toml": ABOUT, "mine.toml": SMALL.replace(old, new, 1) if old else SMALL})


def test_the_small_catalogue_is_sound():
    assert check(small(), ON) == []


LONG = " ".join(["word"] * 16)


@pytest.mark.parametrize(
    ("old", "new", "error", "place", "says"),
    [
        ('id = "new-line"', 'id = "act-line"', "DuplicateIdError", "claims[2]", "taken by the claim at mine.toml: claims[0]"),
        ('id = "topic-line"', 'id = "act"', "DuplicateIdError", "topics[0]", "taken by the instrument"),
        ('source = "src-act", pin', 'source = "src-atc", pin', "DanglingIdError", "claims[0]", "did you mean 'src-act'?"),
        ('claims = ["act-line"]\nthresholds', 'claims = ["act-lime"]\nthresholds', "DanglingIdError", "instruments[0]", "no claim has the id 'act-lime'"),
        ('relation = "governs"\nclaim = "act-line"', 'relation = "governs"\nclaim = "none"', "DanglingIdError", "cells[0]", "no claim"),
        ('topic = "topic-line"\nrelation', 'topic = "line"\nrelation', "DanglingIdError", "cells[0]", "no topic has the id 'line'"),
        ('used_by = ["act"]', 'used_by = ["art"]', "DanglingIdError", "concepts[0]", "no instrument"),
        ('articles = ["article-line"]', 'articles = ["article-lime"]', "DanglingIdError", "concepts[0]", "no article"),
        ("related = []", 'related = ["lime"]', "DanglingIdError", "concepts[0]", "no concept"),
        ('at 10^25.", claims = ["act-line"]', 'at 10^25.", claims = ["act"]', "DanglingIdError", "articles[0]", "no claim has the id 'act'"),
        ('sources = [{ source = "src-act" }]\nsupersedes', "supersedes", "NoSourceError", "claims[2]", "no source"),
        ('at 10^25.", claims = ["act-line"]', 'at 10^25."', "NoSourceError", "articles[0]", "paragraph 1"),
        ('references = ["src-act"]', "references = []", "NoSourceError", "concepts[0]", "no reference"),
        ('claims = ["act-line"]\nthresholds', "claims = []\nthresholds", "NoSourceError", "instruments[0]", "no claim"),
        ('quote = "greater than"', f'quote = "{LONG}"', "LongQuoteError", "claims[0]", "quotes 16 words"),
        ('verified_on = "2026-11-24"', 'verified_on = "2026-02-30"', "DateError", "claims[0]", "'2026-02-30' is no day"),
        ('verified_on = "2026-11-24"', 'verified_on = "20261124"', "DateError", "claims[0]", "is no day"),
        ('verified_on = "2026-11-24"', 'verified_on = "2026-11-25"', "DateError", "claims[0]", "after the catalogue's last edit"),
        ('expires_on = "2027-05-24"', 'expires_on = "2026-11-24"', "DateError", "claims[0]", "not after verified_on"),
        ('expires_on = "2027-05-24"', "", "DateError", "claims[0]", "expires_on is missing"),
        ('on = "2026-01"', 'on = "2026-13"', "DateError", "sources[0]", "no day, month or year"),
        ('on = "2026-01"', 'on = "2027"', "DateError", "claims[0]", "dated 2027-01-01"),
        ('on = "2025-06-01"', 'on = "2024-06-01"', "DateError", "instruments[0]", "put the steps in order"),
        ('on = "2025-06-01"', 'on = "2025-06-31"', "DateError", "instruments[0]", "'2025-06-31' is no day"),
        ('from_on = "2026-04-01"', 'from_on = "2026-05-02"', "DateError", "allegations[0]", "to_on 2026-05-01 is before from_on 2026-05-02"),
        ('alleged_on = "2026-06-01"', 'alleged_on = "2026-04-15"', "DateError", "allegations[0]", "alleged_on 2026-04-15 is before to_on"),
        ('on = "2026-05"', 'on = "May"', "DateError", "figures[0]", "no day, month or year"),
        ("https://example.org/act", "example.org/act", "AddressError", "sources[0]", "http"),
        ('status = "reported"', 'status = "measured"', "StatementError", "claims[0]", "go together"),
        ('superseded_by = ["new-line"]', "", "StatementError", "claims[1]", "names what replaced it"),
        ('supersedes = ["old-line"]', "", "StatementError", "claims[1]", "the other does not"),
        ('exchanges_are = "floor"', 'exchanges_are = "not_stated"', "StatementError", "allegations[0]", "exchanges = 1000"),
        ('accounts_are = "not_stated"', 'accounts_are = "exact"', "StatementError", "allegations[0]", "accounts = None"),
        ('counts = "exchanges"', 'counts = "not_stated"', "StatementError", "allegations[0]", "counts: say"),
        ('window = "stated"', 'window = "not_stated"', "StatementError", "allegations[0]", "one not stated has none"),
        ('to_on = "2026-05-01"', "", "StatementError", "allegations[0]", "a stated window has both"),
        ('response = "denied"', 'response = "nobody_named"', "StatementError", "allegations[0]", "nobody to answer"),
        ("Acme alleges that a lab", "A lab has", "StatementError", "allegations[0]", "Acme alleges it"),
        ("Acme alleges that a lab made", "A lab made, by what Acme has,", "StatementError", "allegations[0]", "Acme alleges it"),
        ("exchanges = 1000", "exchanges = 0", "StatementError", "allegations[0]", "not above zero"),
        ("low = 3.0", "low = 6.0", "StatementError", "figures[0]", "out of order"),
        ("low = 3.0\nhigh = 5.0", "", "StatementError", "figures[0]", "no number"),
        ("low = 3.0", "low = -3.0", "StatementError", "figures[0]", "negative"),
        ("value = 1e25", "value = 0.0", "StatementError", "instruments[0]", "not above zero"),
        ("A line that an act draws.", "A line. It is drawn.", "StatementError", "concepts[0]", "one sentence"),
        ('note = "Say whose."', 'note = ""', "StatementError", "concepts[0]", "editorial note"),
    ],
)  # fmt: skip
def test_a_fault_is_found_named_and_placed(old, new, error, place, says):
    held = small(old, new)

    found = [f for f in check(held, ON) if f.error == error and f.place == f"mine.toml: {place}" and says in f.says]

    assert len(found) >= 1, [(f.error, f.place, f.says) for f in check(held, ON)]
    with pytest.raises(errors.CatalogueError) as raised:
        require(held)
    assert "mine.toml: " in str(raised.value)


def test_the_first_fault_is_raised_as_its_own_error_with_the_number_of_others():
    held = small('quote = "greater than"', f'quote = "{LONG}"')
    with pytest.raises(
        errors.LongQuoteError, match=r"^mine.toml: claims\[0\], 'act-line': quotes 16 words of 'src-act'"
    ):
        require(held)

    two = assemble({"about.toml": ABOUT, "mine.toml": SMALL.replace("2027-05-24", "2027-05-32")})
    with pytest.raises(errors.DateError, match="and 2 more: `angelshare catalogue check` lists them"):
        require(two)


def test_a_source_that_nothing_rests_on_is_a_slip():
    spare = '[[sources]]\nid = "src-spare"\ntitle = "x"\nurl = "https://example.org/x"\npublisher = "x"\n'
    held = assemble({"about.toml": ABOUT, "mine.toml": SMALL, "more.toml": spare})

    (found,) = check(held, ON)

    assert (found.error, found.place, found.id) == ("StatementError", "more.toml: sources[0]", "src-spare")


def test_an_unknown_key_names_its_nearest_spelling_with_file_and_place():
    with pytest.raises(
        UnknownKeyError, match=r"^mine.toml: claims\[0\]: unknown key 'statment'; did you mean 'statement'"
    ):
        small("statement =", "statment =")
    with pytest.raises(UnknownKeyError, match="unknown key 'claimz'; did you mean 'claims'"):
        small("[[claims]]", "[[claimz]]")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('status = "reported"', 'status = "true"', r"claims\[0\]: status"),
        ('evidence = "text_seen"\n', "", r"claims\[0\]: missing key 'evidence'"),
        ("exchanges = 1000", "exchanges = 1e3", r"allegations\[0\]: exchanges"),
        ("value = 1e25", "value = nan", "finite"),
        ('on = "2026-01"', "on = 2026-01-01", "put the date in quotes"),
        ("[[topics]]", "[[topics", "not valid TOML"),
    ],
)
def test_what_no_record_can_hold_is_refused_at_once(old, new, says):
    with pytest.raises(PlanError, match=says):
        small(old, new)


def test_a_catalogue_says_once_what_it_is():
    with pytest.raises(PlanError, match="found 0"):
        assemble({"mine.toml": SMALL})
    with pytest.raises(PlanError, match="found 2"):
        assemble({"a.toml": ABOUT, "b.toml": ABOUT})


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org", "https://", "https://localhost", "https://ex ample.org", "https://example.org:port/", "https://u:p@example.org", "https://[::1", "//example.org", "https://example.org/a\tb"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_found(url):
    assert address_fault(url)


@pytest.mark.parametrize("url", ["https://example.org", "http://example.org:8080/a?b=c#d", "https://example.org/a_(b)"])
def test_an_address_that_leads_somewhere_is_not(url):
    assert address_fault(url) == ""


def test_days_months_and_years_are_read_and_nothing_else():
    assert day("2026-02-28") == date(2026, 2, 28)
    assert [day(text) for text in ("2026-02-30", "20260228", "2026-W09-6", "2026-2-8", "", "2026-02")] == [None] * 6
    assert first_day("2026") == date(2026, 1, 1)
    assert first_day("2026-02") == date(2026, 2, 1)
    assert [first_day(text) for text in ("2026-13", "26", "2026-02-30", "", "0000")] == [None] * 5
