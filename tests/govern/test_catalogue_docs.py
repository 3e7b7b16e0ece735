from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from angelshare.core import errors
from angelshare.govern.catalogue import assemble, check, links_markdown, shipped, shipped_files

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return text


def test_the_guides_python_example_runs():
    exec(compile(block("python"), "docs/catalogue.md", "exec"), {"__name__": "example"})


def test_the_guides_file_for_adding_is_accepted():
    held = assemble({**shipped_files(), "mine.toml": block("toml")})

    assert held.claim("bill-42-line").evidence == "text_seen"
    assert check(held, date(2026, 11, 24)) == []


def test_the_guide_lists_the_links_of_the_shipped_catalogue():
    assert links_markdown(shipped()).strip() in PAGE


@pytest.mark.parametrize("kind", errors.CatalogueError.__subclasses__())
def test_every_error_is_in_the_guide(kind):
    assert f"| `{kind.__name__}` |" in PAGE
