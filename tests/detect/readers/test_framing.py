"""Lines, arrays, CSV and gzip: every record with its place, in bounded memory, and bad ones alone."""

import gzip
import json
import tracemalloc

import pytest

from angelshare.detect.readers.csv_frames import csv_rows, header_of
from angelshare.detect.readers.framing import frames
from angelshare.detect.readers.lines import Broken, Line
from angelshare.detect.readers.pieces import masked

RECORDS = [{"a": 1, "b": "x, [y] {z}"}, {"a": 2, "b": 'q"\n'}, {"a": 3, "b": None}]


def written(tmp_path, text, *, zipped=False):
    path = tmp_path / "log"
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "\n".join(map(json.dumps, RECORDS)) + "\n\n",
        "\ufeff" + "\r\n".join(map(json.dumps, RECORDS)),
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        "\n".join(json.dumps(record, indent=2) for record in RECORDS),
        json.dumps({"data": RECORDS, "meta": {"page": 1}}),
        json.dumps({"Records": RECORDS}, indent=1),
    ],
    ids=["lines", "windows", "array", "indented array", "documents", "wrapped", "wrapped and indented"],
)
def test_every_layout_of_json_gives_the_same_records(tmp_path, text, zipped):
    assert [frame.record for frame in frames(written(tmp_path, text, zipped=zipped))] == RECORDS


def test_a_bad_element_of_an_array_is_counted_alone(tmp_path):
    text = '[{"a": 1},\n{"a": oops, "c": [},\n{"a": 3}]'

    found = list(frames(written(tmp_path, text)))

    assert [(frame.line, frame.record) for frame in found if not isinstance(frame.record, Broken)] == [
        (1, {"a": 1}),
        (3, {"a": 3}),
    ]
    assert isinstance(found[1].record, Broken)
    assert found[1].line == 2


def test_a_compressed_file_that_is_cut_short_keeps_what_it_had_and_says_so(tmp_path):
    whole = gzip.compress("".join(json.dumps({"a": n, "b": hash(str(n))}) + "\n" for n in range(5000)).encode())

    found = list(frames(written(tmp_path, whole[: len(whole) // 2])))

    assert len(found) > 100
    assert isinstance(found[-1].record, Broken)
    assert "ends early" in found[-1].record.reason
    assert not any(isinstance(frame.record, Broken) for frame in found[:-2])


def test_memory_does_not_grow_with_an_array(tmp_path):
    path = tmp_path / "array.json"
    with path.open("w") as file:
        file.write("[" + ",".join(json.dumps({"n": n, "text": "x" * 1000}) for n in range(20_000)) + "]")
    tracemalloc.start()
    try:
        n = sum(1 for _ in frames(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert n == 20_000
    assert peak < path.stat().st_size / 4


def rows(text):
    first, *rest = text.split("\n")
    return list(csv_rows((Line(k + 2, line, "") for k, line in enumerate(rest)), header_of(first)))


def test_a_cell_of_a_csv_file_may_run_over_lines_and_a_broken_row_takes_no_other_with_it():
    found = rows('a,b\n1,"x\ny ""z"""\n2,"open\n3,q\n4,r,s\n5,5" disk\n')

    assert [(frame.line, frame.record) for frame in found if isinstance(frame.record, dict)] == [
        (2, {"a": "1", "b": 'x\ny "z"'}),
        (5, {"a": "3", "b": "q"}),
        (7, {"a": "5", "b": '5" disk'}),
    ]
    assert [frame.line for frame in found if isinstance(frame.record, Broken)] == [4, 6]


@pytest.mark.parametrize("line", ["just words", "a b - - [x]", "1,2,3", "a,a", '{"a": 1}'])
def test_a_line_that_is_no_header_is_not_taken_for_one(line):
    assert header_of(line) is None


def test_what_is_shown_of_a_bad_line_has_its_shape_and_none_of_its_words():
    shown = masked('{"prompt": "Où est 42?')

    assert shown == '{"aaaaaa": "aa aaa 99?'


@pytest.mark.parametrize("first", ["{", "[{", '{"a": 1}'])
def test_a_log_of_text_is_read_by_lines_though_its_first_looks_like_json(tmp_path, first):
    words = [f"203.0.113.{n} - - word" for n in range(30)]

    found = [frame.record for frame in frames(written(tmp_path, "\n".join([first, *words])))]

    assert found[1:] == words
