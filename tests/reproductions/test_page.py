import pytest
from reproductions.page import fill

from angelshare.core.errors import PlanError, StorageError


def test_what_stands_between_the_marks_is_replaced_and_the_rest_kept(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("before\n<b>\nold\n<e>\nafter\n")

    fill(path, "<b>\n", "<e>\n", "new\n")

    assert path.read_text() == "before\n<b>\nnew\n<e>\nafter\n"


def test_a_page_without_both_marks_is_left_as_it_is_and_named(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("<b>\nold\n")

    with pytest.raises(PlanError, match=r"page\.md: lacks the marks .* put <b> and <e> back"):
        fill(path, "<b>\n", "<e>\n", "new\n")

    assert path.read_text() == "<b>\nold\n"


def test_a_page_that_is_not_there_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match="read this page"):
        fill(tmp_path / "none.md", "<b>", "<e>", "")
