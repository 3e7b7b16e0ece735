from __future__ import annotations

import hashlib

import pytest

from angelshare.core.errors import PlanError, StorageError
from angelshare.store.sheet import parse_sheet, read_sheet


def parse(text: str):
    return parse_sheet(text.encode(), "x.csv", "folder/x.csv")


def test_a_sheet_keeps_its_columns_its_rows_its_lines_and_its_hash(tmp_path):
    data = "\ufeffa,b\r\n1, two \r\n\r\n3,4\r\n".encode()
    (tmp_path / "x.csv").write_bytes(data)

    sheet = read_sheet(tmp_path / "x.csv")

    assert (sheet.name, sheet.columns) == ("x.csv", ["a", "b"])
    assert [(line.number, dict(line.cells)) for line in sheet.lines] == [
        (2, {"a": "1", "b": "two"}),
        (4, {"a": "3", "b": "4"}),
    ]
    assert sheet.sha256 == hashlib.sha256(data).hexdigest()


def test_a_row_after_a_cell_of_several_lines_is_numbered_by_the_line_it_begins_on():
    sheet = parse('a,b\n"one\nand more",2\n3,4\n')

    assert [line.number for line in sheet.lines] == [2, 4]
    assert sheet.lines[0].cells["a"] == "one\nand more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"folder/x\.csv: the file is empty"),
        ("\n \n", r"folder/x\.csv: the file is empty"),
        ("a,b\n", r"folder/x\.csv: only a header, no rows"),
        ("a,b,a\n1,2,3\n", r"folder/x\.csv, line 1: column 'a' stands twice"),
        ("a,,b\n1,2,3\n", r"folder/x\.csv, line 1: column 2 of the header has no name"),
        ("a,b\n1,2\n1,2,3\n", r"folder/x\.csv, line 3: 3 cells, but the header has 2 columns"),
        ('a,b\n1,2\n"un"closed,2\n', r"folder/x\.csv, line 3: not CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text, message):
    with pytest.raises(PlanError, match=message):
        parse(text)


def test_bytes_that_are_not_utf_8_and_a_file_that_is_not_there_are_named(tmp_path):
    with pytest.raises(PlanError, match=r"folder/x\.csv: not UTF-8 text"):
        parse_sheet("a\né\n".encode("latin-1"), "x.csv", "folder/x.csv")
    with pytest.raises(StorageError, match=r"no\.csv: cannot read this file: no such file"):
        read_sheet(tmp_path / "no.csv")
