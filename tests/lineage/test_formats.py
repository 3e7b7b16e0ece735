import json

import pytest

from angelshare.core.errors import AnswersError, DuplicatePromptError, EncodingError
from angelshare.lineage.formats import parse_answers, text_sha256


def lines(*entries):
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()


ANSWERS = lines(
    {"prompt_id": "a", "prompt": "Why?", "text": "Because."}, {"prompt_id": "b", "text": "So.", "truncated": True}
)
TRANSCRIPTS = lines(
    {
        "prompt": [{"role": "user", "content": "Why?"}],
        "completion": [{"role": "assistant", "content": "Because."}],
        "id": "a",
    }
)
ALPACA = json.dumps([{"instruction": "Why?", "output": "Because.", "generator": "m", "dataset": "d"}]).encode()
FASTCHAT = lines({"question_id": 81, "model_id": "m", "choices": [{"index": 0, "turns": ["Because.", "So."]}]})


@pytest.mark.parametrize(
    ("data", "prompts"),
    [
        (ANSWERS, ["a", "b"]),
        (TRANSCRIPTS, ["a"]),
        (ALPACA, [text_sha256("Why?")[:16]]),
        (FASTCHAT, ["81_1", "81_2"]),
    ],
)
def test_every_layout_is_read_into_replies_by_prompt(data, prompts):
    answers = parse_answers(data, "f", name="m").answers

    assert list(answers.replies) == prompts
    assert answers.replies[prompts[0]].text == "Because."


def test_prompts_are_known_by_the_hash_of_their_text_in_every_layout_that_has_it():
    hashes = {
        next(iter(parse_answers(data, "f", name="m").answers.replies.values())).prompt_sha256
        for data in (ANSWERS, TRANSCRIPTS, ALPACA)
    }

    assert hashes == {text_sha256("Why?")}


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    data = b"\xef\xbb\xbf" + ANSWERS.replace(b"\n", b"\r\n")

    assert parse_answers(data, "f", name="m").answers == parse_answers(ANSWERS, "f", name="m").answers


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (ANSWERS + ANSWERS, DuplicatePromptError, r"f, line 3: prompt 'a' .* .first in line 1"),
        (ANSWERS + b'{"prompt_id": "c", "text": "caf\xe9"}\n', EncodingError, r"f, line 3: byte 0xe9 is not UTF-8"),
        ('{"prompt_id": "a"}'.encode("utf-16"), EncodingError, "f, line 1"),
        (ANSWERS + b"{oops\n", AnswersError, "f, line 3: not a JSON object"),
        (ANSWERS + b"[1]\n", AnswersError, "f, line 3: found list"),
        (lines({"prompt_id": "a", "txt": "x"}), AnswersError, r"line 1: unknown key 'txt'; did you mean 'text'"),
        (lines({"query": "a"}), AnswersError, r"line 1: found the keys \['query'\]"),
        (b"", AnswersError, "holds no answers"),
        (lines({"question_id": 1, "choices": []}), AnswersError, "line 1: no list of turns"),
        (b"[{]", AnswersError, "line 1: not valid JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(data, error, says):
    with pytest.raises(error, match=says) as caught:
        parse_answers(data, "f", name="m")

    assert type(caught.value) is error
