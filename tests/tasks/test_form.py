import pytest

from angelshare.tasks.form import STYLE_FEATURES, form, split_thought


def feature(name, text, answer=None):
    return form(text, answer)[STYLE_FEATURES.index(name)]


@pytest.mark.parametrize(
    ("name", "with_it", "without"),
    [
        ("list_lines", "- one\n- two\n3. three", "one\ntwo\nthree"),
        ("markdown", "the **bold** one", "the bold one"),
        ("markdown", "# Title\nx", "No. 1 title"),
        ("opener", "Sure, it is 4", "It is 4, sure"),
        ("opener", "Here's the list", "There is the list"),
        ("closer", "4. I hope this helps!", "I hope this helps you\nIt is 4"),
        ("closer", "4.\nLet me know if you have any questions.", "I know"),
        ("hedges", "Perhaps it is probably 4", "It is 4"),
        ("exclamations", "4!", "4"),
        ("commas", "a, b, c", "a b c"),
        ("refusal", "I'm sorry, but I cannot help with that.", "You cannot divide by zero."),
    ],
)
def test_a_feature_moves_with_the_form_it_names(name, with_it, without):
    assert feature(name, with_it) > feature(name, without)


def test_list_lines_are_a_share():
    assert feature("list_lines", "Intro:\n- a\n- b\n\nEnd") == pytest.approx(0.5)


def test_a_long_answer_is_not_style():
    short, long = (f"It is {answer}, I think." for answer in ("Rome", "the Republic of the Congo"))
    assert form(short, "Rome") == form(long, "the Republic of the Congo")
    assert form(short) != form(long)


def test_masking_takes_whole_words_alone():
    assert feature("words", "four fours 4 44", "4") == 4


def test_an_empty_reply_has_no_form():
    assert form("") == (0.0,) * len(STYLE_FEATURES)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<think>2 and 2</think>4", ("<think>2 and 2</think>", "4")),
        ("4", ("", "4")),
        ("a</think>b</think>c", ("a</think>b</think>", "c")),
    ],
)
def test_reasoning_is_split_off_after_its_last_closing_tag(text, parts):
    assert split_thought(text) == parts
