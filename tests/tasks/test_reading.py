import pytest

from angelshare.tasks.reading import finder, last_match, last_number, plain_number, settled


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", "42"),
        (" 1,234 ", "1234"),
        ("+3.50", "3.5"),
        ("-0", "0"),
        ("0.10", "0.1"),
        ("100", "100"),
        ("12,345,678.90", "12345678.9"),
    ],
)
def test_a_number_is_spelt_one_way(text, number):
    assert plain_number(text) == number


@pytest.mark.parametrize("text", ["", "four", "4 5", "1,23", "4%", "1.2.3", "3rd"])
def test_what_is_not_one_number_is_none(text):
    assert plain_number(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3 + 4 = 7.", "7"), ("It costs $1,200.50, not more", "1200.5"), ("minus: -8", "-8"), ("none", None),
        ("version 1.2.3", None), ("x2y", None), ("(12)", "12"), ("7, 8, 9", "9"),
    ],
)  # fmt: skip
def test_the_last_number_of_a_reply_is_found(text, number):
    assert last_number(text) == number


def test_blanks_are_settled():
    assert settled("  a\n b\t c ") == "a b c"


def test_special_characters_in_answers_are_taken_literally():
    search = finder(["c++", "a.b", "(x)"])
    assert last_match("I like C++ best", search) == "C++"
    assert last_match("axb", search) is None
    assert last_match("so (x)", search) == "(x)"
