"""The table of threats in the documentation: every test it names is there, and every threat is answered by one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "workbench.md"
THREATS = (
    "role", "XSS", "CSRF", "SSRF", "replayed", "paths", "zip bombs", "oversized", "tampered", "logs", "redirects",
    "guessing", "too many calls", "deployment",
)  # fmt: skip


def rows():
    section = PAGE.read_text(encoding="utf-8").partition("\n## Security\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def written():
    """Every test there is, by name."""
    names = set()
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return names


def test_every_test_that_the_table_names_is_there():
    named = {name for *_, tests in rows() for name in re.findall(r"`(test_\w+)`", tests)}

    assert len(named) > 40
    assert named - written() == set()


def test_every_threat_has_what_holds_it_and_a_test():
    assert all(len(row) == 3 and row[1] and re.findall(r"`test_\w+`", row[2]) for row in rows())
    threats = " ".join(row[0] for row in rows())
    assert [threat for threat in THREATS if threat not in threats] == []
