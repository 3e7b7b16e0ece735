import json

import numpy as np
import pytest

from angelshare.core.errors import PlanError
from angelshare.lineage.subject import encoded, parse_material


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def letters(text):
    return [ord(letter) for letter in text]


def test_prose_is_one_text_even_if_it_begins_with_a_bracket():
    for prose in ("Once upon.", "[sic] he said.\nAnd so on.", "{not json}\n"):
        material = parse_material(prose.encode(), "a.txt")

        assert list(material.texts) == [prose]
        assert material.ids is None


def test_a_byte_order_mark_belongs_to_no_text():
    assert parse_material("\ufeffWords".encode(), "a.txt").texts == ["Words"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_lines_of_ids_and_of_texts_are_told_by_what_they_hold(name):
    ids = parse_material(lines([1, 2], {"ids": [3]}), name)
    texts = parse_material(lines({"text": "ab"}, {"text": "c"}), name)

    assert [row.tolist() for row in encoded(ids, None)] == [[1, 2], [3]]
    assert [row.tolist() for row in encoded(texts, letters)] == [[97, 98], [99]]


def test_transcripts_give_completions_and_prompts_and_count_refusals():
    turn = {"role": "assistant", "content": "yes"}
    asked = {"role": "user", "content": "well?"}

    material = parse_material(
        lines({"prompt": [asked], "completion": [turn]}, {"prompt": [asked], "completion": [], "refused": True}),
        "t.jsonl",
    )

    assert material.texts == ["yes"]
    assert material.prompts == ["well?", "well?"]
    assert material.refused == 1


def test_blank_lines_are_skipped_and_the_number_in_a_message_is_the_files():
    with pytest.raises(PlanError, match="line 3: token ids must be whole numbers"):
        parse_material(b"[1]\n\n[true]\n", "a.jsonl")


def test_an_empty_file_of_any_name_holds_no_text():
    assert len(parse_material(b"", "a.jsonl")) == len(parse_material(b"", "a.txt")) == 0


def test_an_id_beyond_every_vocabulary_is_refused_before_it_overflows():
    with pytest.raises(PlanError, match="none of any vocabulary"):
        parse_material(f"[{2**80}]\n".encode(), "a.jsonl")


def test_the_hash_is_of_the_bytes():
    one, other = (parse_material(data, "a.txt").sha256 for data in (b"a", b"a\n"))

    assert one != other
    assert len(one) == 64


def test_ids_are_whole_numbers_in_memory():
    assert encoded(parse_material(b"[5]\n", "a.jsonl"), None)[0].dtype == np.int64
