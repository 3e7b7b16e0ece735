"""Malformed lines among sound ones: no crash, each bad line counted with its number, every good neighbour kept."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from angelshare.core.errors import AngelshareError
from angelshare.detect.readers.pieces import SAMPLES, Tally, tables
from angelshare.detect.sniff import reader_named

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "traffic"
READERS = {
    "otel.jsonl": "otel",
    "litellm.jsonl": "litellm",
    "litellm.csv": "litellm",
    "bedrock.jsonl": "bedrock",
    "vertex.jsonl": f"vertex:{FIXTURES / 'vertex-audit.json'}",
    "azure-apim.jsonl": f"azure-apim:{FIXTURES / 'azure-apim-gateway.jsonl'}",
    "langfuse.jsonl": f"langfuse:{FIXTURES / 'langfuse-traces.jsonl'}",
    "helicone.jsonl": "helicone",
    "nginx.log": "nginx",
    "vllm.log": "vllm:2026",
    "table.csv": "table",
    "gateway.jsonl": f"table:{FIXTURES / 'gateway.toml'}",
}
COPIES = 5
"""Times the sound lines are in the file: bad lines are the few, or nobody could tell the layout."""
TOGETHER = {"azure-apim.jsonl", "vllm.log"}
"""Formats in which lines belong together, so that a changed copy of one may rightly change a neighbour."""
EXAMPLES = settings(max_examples=20, deadline=None)


def lines_of(name):
    plain = (FIXTURES / name).read_bytes()
    if name == "table.csv":  # its one cell over two lines stays together
        head, *rest = plain.split(b"\n")
        return [head, rest[0] + b"\n" + rest[1], rest[2]]
    return plain.rstrip(b"\n").split(b"\n")


def read(path, name):
    tally = Tally(path.name)
    rows = [row for table, _ in tables(path, reader_named(READERS[name]), tally) for row in table.to_pylist()]
    return [{key: value for key, value in row.items() if value is not None} for row in rows], tally


@st.composite
def changed(draw, line):
    """A copy of a line with a piece cut out or put in."""
    place = draw(st.integers(0, len(line)))
    end = min(len(line), place + draw(st.integers(0, 12)))
    return (line[:place] + draw(st.binary(max_size=6)) + line[end:]).replace(b"\n", b"").replace(b"\r", b"")


def junk(name, sound):
    anything = st.binary(max_size=80).map(lambda data: data.replace(b"\n", b"").replace(b"\r", b""))
    odd = st.sampled_from(
        [b"{", b"[1,2]", b"null", b'"', b"{}", b'{"a": {"a": []}}', b"\xff\xfe", b"[[[[[[", b'{"ts": 1e999}']
    )
    same = st.sampled_from(sound).flatmap(changed)
    return anything | odd if name in TOGETHER else anything | odd | same


@pytest.mark.parametrize("name", READERS)
@EXAMPLES
@given(data=st.data())
def test_bad_lines_are_counted_where_they_are_and_their_neighbours_kept(name, data, tmp_path_factory):
    head, *sound = lines_of(name)
    sound = [head, *sound * COPIES] if name.endswith(".csv") else [head, *sound] * COPIES
    first = 1 if name.endswith(".csv") else 0
    inserted = data.draw(st.lists(st.tuples(st.integers(first, len(sound)), junk(name, sound)), max_size=6))
    path = tmp_path_factory.mktemp("fuzz") / "log"
    expected, alone = read(FIXTURES / name, name)
    others = alone.other
    made, bad_at, number = [], set(), 1
    for place in range(len(sound) + 1):
        for _, text in [one for one in inserted if one[0] == place]:
            made.append(text)
            bad_at.add(number)
            number += 1
        if place < len(sound):
            made.append(sound[place])
            number += 1 + sound[place].count(b"\n")
    path.write_bytes(b"\n".join(made) + b"\n")

    rows, tally = read(path, name)

    for row in expected:
        assert row in rows
    assert {sample.line for sample in tally.samples} <= bad_at
    assert len(tally.samples) == min(SAMPLES, tally.skipped)
    if name not in {*TOGETHER, "otel.jsonl"}:  # one line, one request or none
        blank = sum(not text.decode("utf-8", "replace").strip() for _, text in inserted)
        counted = len(rows) + tally.skipped + tally.other
        assert counted == COPIES * (len(expected) + others) + len(inserted) - blank


@pytest.mark.parametrize("name", READERS)
@EXAMPLES
@given(noise=st.binary(max_size=400))
def test_a_file_of_noise_is_counted_or_refused_but_never_crashes(name, noise, tmp_path_factory):
    path = tmp_path_factory.mktemp("noise") / "log"
    path.write_bytes(noise)

    try:
        rows, tally = read(path, name)
    except AngelshareError:
        return  # a file that begins as Parquet or gzip does and is none
    assert len(rows) == tally.read


def test_no_word_of_a_prompt_is_among_the_samples_of_bad_lines(tmp_path):
    path = tmp_path / "log"
    path.write_text('{"ts": "secretword", "account_id": "a", "model": "m"}\n{"prompt_text": "secretword \n')

    tally = Tally("log")
    list(tables(path, reader_named("table"), tally))

    assert tally.skipped == 2
    assert "secretword" not in repr(tally)
