"""The documentation says what the code does: generated parts are current, examples run, links and sources resolve."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib.util
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple, get_args

import click
import pytest

import angelshare
from angelshare.cli import app
from angelshare.core import defend as defend_nouns
from angelshare.core import traffic as traffic_nouns
from angelshare.core.protocols import Task
from angelshare.core.ready import ReadyScores
from angelshare.core.records import ArmKind, Plan, Ring
from angelshare.core.strict import decode_toml
from angelshare.core.traffic import Signal
from angelshare.detect.signals import SIGNALS
from angelshare.detect.world import read_plan
from angelshare.measure.defend_plans import parse_matrix
from angelshare.measure.plans import parse_plan
from angelshare.measure.tactics import TACTICS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SOCKETS = ("models", "students", "tasks", "defences", "readers", "detectors")
ARXIV = re.compile(r"\b(\d{4}\.\d{5})\b")
CITED = re.compile(
    r"(?<![\w-])([A-Z][\w'-]+)(?:(?:, [A-Z][\w'-]+)*,? (?:&|and) [A-Z][\w'-]+| et al\.)? ((?:19|20)\d\d)\b(?!-)"
)
MONTHS = {
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
}


class Block(NamedTuple):
    """A fenced example and the comment before it."""

    page: Path
    line: int
    language: str
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"(?:<!-- (run|not run: [^>]+) -->\n)?^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(page, text[: m.start()].count("\n") + 1, m[2], m[1] or "", m[3]) for m in found]


BLOCKS = [block for page in PAGES for block in blocks(page)]


def runnable(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.mark == "run" and block.language == language]


def script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference():
    path = list(sys.path)
    yield script("write_reference")
    sys.path[:] = path


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def built_in() -> list[tuple[str, str]]:
    return [
        (socket, point.name)
        for socket in SOCKETS
        for point in entry_points(group=f"angelshare.{socket}")
        if point.value.startswith("angelshare.")
    ]


# --- generated parts ------------------------------------------------------------------------------


def test_the_generated_pages_are_what_the_code_says_now(reference):
    stale = [name for name, text in reference.pages().items() if page(name) != text]

    assert stale == [], "run: make reference"


def test_every_key_of_a_plan_is_documented(reference):
    text = page("docs/plan.md")

    for name in reference.PLAN:
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        kind = getattr(sys.modules[Plan.__module__], name)
        for field in dataclasses.fields(kind):
            assert f"| `{field.name}` |" in section, f"{name}.{field.name}"


def test_every_record_of_ready_scores_is_documented_field_by_field(reference):
    text = page("docs/scores.md")
    module = sys.modules[ReadyScores.__module__]
    records = {name for name, kind in vars(module).items() if dataclasses.is_dataclass(kind)}

    assert records == {*reference.SCORES, *reference.READY}
    for name in records:
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        for field in dataclasses.fields(getattr(module, name)):
            assert f"| `{field.name}` |" in section, f"{name}.{field.name}"


def test_every_key_of_a_matrix_and_every_field_of_its_report_is_documented(reference):
    text = page("docs/defend.md")
    kinds = {name: kind for name, kind in vars(defend_nouns).items() if name in reference.DEFEND}
    own = {
        name for name, kind in vars(defend_nouns).items() if getattr(kind, "__module__", "") == defend_nouns.__name__
    }
    tactics = {type_.__name__: type_ for type_ in TACTICS.values() if dataclasses.fields(type_)}

    assert {name for name in own if dataclasses.is_dataclass(getattr(defend_nouns, name))} == set(reference.DEFEND)
    assert set(tactics) == {name for names in reference.TACTICS.values() for name in names}
    for name, kind in (kinds | tactics).items():
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        for field in dataclasses.fields(kind):
            assert f"| `{field.name}` |" in section, f"{name}.{field.name}"
    for name in TACTICS:
        assert f"| `{name}` |" in text


def test_every_record_that_a_plan_can_hold_is_documented(reference):
    module = sys.modules[Plan.__module__]
    held = {Plan.__name__}
    for _ in range(3):
        for name in list(held):
            types = " ".join(str(field.type) for field in dataclasses.fields(getattr(module, name)))
            held |= {
                word for word in re.findall(r"\w+", types) if dataclasses.is_dataclass(getattr(module, word, None))
            }

    assert held == set(reference.PLAN)


def test_every_plug_in_is_documented_with_every_option(reference):
    text = page("docs/plan.md")

    assert len(built_in()) >= 14
    for socket, name in built_in():
        (point,) = [p for p in entry_points(group=f"angelshare.{socket}") if p.name == name]
        section = text.partition(f"#### `{name}`\n")[2].partition("\n###")[0]
        assert section, name
        for option in reference.options(point.value)[1]:
            assert f"| `{option.name}` |" in section, f"{name}: {option.name}"
            assert option.says, f"{name}: {option.name} has no line under Args:"


@pytest.mark.slow  # loads every training library there is
def test_the_options_read_from_source_are_those_the_loader_accepts(reference):
    for socket, name in built_in():
        (point,) = [p for p in entry_points(group=f"angelshare.{socket}") if p.name == name]
        accepted = [parameter for parameter in inspect.signature(point.load()).parameters if parameter != "self"]
        assert [option.name for option in reference.options(point.value)[1]] == accepted, name


def test_every_command_and_option_is_documented():
    text = page("docs/cli.md")

    inner = {
        f"{name} {each}": command
        for name, group in app.commands.items()
        if isinstance(group, click.Group)
        for each, command in group.commands.items()
    }
    assert "detect verify" in inner
    for name, command in {**app.commands, **inner}.items():
        section = text.partition(f"## `angelshare {name}`\n")[2].partition("\n## ")[0]
        assert section, name
        for parameter in command.params:
            shown = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
            assert shown in section, f"{name} {shown}"
            assert not isinstance(parameter, click.Option) or parameter.help, f"{name} {shown} says nothing"


def test_every_record_of_traffic_is_documented_field_by_field(reference):
    text = page("docs/detect.md")
    own = {name: kind for name, kind in vars(traffic_nouns).items() if dataclasses.is_dataclass(kind)}

    assert set(own) <= set(reference.DETECT)
    for name, kind in own.items():
        section = text.partition(f"### {name}\n")[2].partition("\n### ")[0]
        for field in dataclasses.fields(kind):
            assert f"| `{field.name}` |" in section, f"{name}.{field.name}"


def test_every_signal_stands_beside_its_innocent_twin():
    text = page("docs/detect.md")

    assert {spec.name for spec in SIGNALS} == set(get_args(Signal))
    for spec in SIGNALS:
        assert f"| `{spec.name}` | {spec.role} | {spec.twin} |" in text


def test_every_arm_and_ring_stands_in_the_glossary():
    text = page("docs/glossary.md")

    for word in (*get_args(ArmKind), *get_args(Ring)):
        assert f"| `{word}` |" in text


@pytest.mark.slow  # needs a finished run
def test_every_file_of_a_finished_run_is_documented(tiny_run):
    _, _, folder = tiny_run
    text = page("docs/files.md")
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]

    assert len(files) > 30
    for path in files:
        many = path.parent.name in ("transcripts", "cells")
        shown = f"{path.parent.name}/*{path.suffix}" if many else path.name
        assert f"`{shown}`" in text, path


def test_every_make_target_is_documented():
    targets = re.search(r"^\.PHONY: (.+)$", page("Makefile"), re.MULTILINE)[1].split()
    text = page("CONTRIBUTING.md") + page("README.md")

    for target in targets:
        assert f"make {target}" in text or f"./{target}" in text, target


# --- examples -------------------------------------------------------------------------------------


def test_every_example_in_code_is_run_or_says_why_not():
    unmarked = [str(b) for b in BLOCKS if b.language in ("python", "toml", "json") and not b.mark]

    assert unmarked == []
    assert len(runnable("python")) >= 5
    assert len(runnable("toml")) >= 4


@pytest.mark.parametrize("name", sorted({block.page.name for block in runnable("python")}))
def test_the_python_examples_of_a_page_run_in_order(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    module = type(sys)(f"example_{name.partition('.')[0].replace('-', '_')}")
    # dataclasses and get_type_hints look a class's module up by name
    monkeypatch.setitem(sys.modules, module.__name__, module)

    for block in runnable("python"):
        if block.page.name == name:
            exec(compile("\n" * block.line + block.text, str(block.page), "exec"), module.__dict__)


@pytest.mark.parametrize("block", runnable("toml"), ids=str)
def test_the_plans_and_descriptions_of_the_documentation_are_accepted(block):
    if block.page.name == "scores.md":
        decode_toml(block.text, ReadyScores, str(block))
    elif block.page.name == "defend.md":
        parse_matrix(block.text, str(block))
    else:
        parse_plan(block.text, str(block))


@pytest.mark.parametrize("block", runnable(""), ids=str)
def test_the_commands_of_the_documentation_run(block, tmp_path):
    lines = [line for line in block.text.splitlines() if line.strip()]

    assert lines
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "angelshare"
        done = subprocess.run(
            [sys.executable, "-m", "angelshare", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "plans").rglob("*.toml")), ids=lambda p: p.stem)
def test_the_shipped_plans_are_accepted(path):
    text = path.read_text(encoding="utf-8")
    if "defence" in tomllib.loads(text):
        parse_matrix(text, str(path))
    elif "budgets" in tomllib.loads(text):
        parse_plan(text, str(path))
    elif "world" in tomllib.loads(text):
        read_plan(text, str(path))
    else:
        assert path.stem == "bundled"


def test_every_shipped_plan_is_described_on_some_page():
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)

    for path in (ROOT / "plans").rglob("*.toml"):
        assert f"plans/{path.relative_to(ROOT / 'plans').as_posix()}" in text, path.name


def test_the_example_task_is_a_task(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "example_task"}
    for block in runnable("python")[:2]:
        exec(block.text, space)

    assert isinstance(space["Doubling"](), Task)


# --- links and names ------------------------------------------------------------------------------


def slug(heading: str) -> str:
    """How code hosts turn a heading into an anchor."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_relative_link_leads_somewhere(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"^\[[^\]]+\]: (\S+)$", text, re.MULTILINE)

    for target in targets:
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{path.name}: {target}"


def test_the_readme_leads_to_every_page_of_the_documentation():
    text = page("README.md")

    for path in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{path.name})" in text, path.name


def committed() -> list[str]:
    """Paths under version control; in a source archive, all that came with it."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    folders = ("src", "tests", "docs", "plans", "scripts")
    return [str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def test_no_committed_text_names_a_machine_or_a_package_index():
    # spelt in parts, so that this file does not find itself
    forbidden = re.compile(
        "|".join((
            "/" + r"(?:home|root|mnt|Users)/\w", "/" + "work/", "/" + "tmp/", r"\.venv-" + "dev", "pypi" + r"\.org",
            "pythonhosted" + r"\.org", "hugging" + r"face\.co/", "index" + "-url",
        ))
    )  # fmt: skip
    own = Path(__file__).relative_to(ROOT).as_posix()
    for name in committed():
        path = ROOT / name
        if (
            name == own
            or not path.is_file()
            or path.suffix in (".safetensors", ".eval", ".json", ".jsonl", ".svg", ".xz", ".png")
        ):
            continue
        found = forbidden.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{name}: {found[0]}"


def test_nothing_in_the_source_is_left_for_later():
    for path in SOURCES:
        found = re.search(
            r"\b(?:TO" + r"DO|FIX" + r"ME|XXX|NotImplemented" + "Error)\b", path.read_text(encoding="utf-8")
        )
        assert found is None, f"{path.name}: {found[0]}"


# --- papers ---------------------------------------------------------------------------------------


@functools.cache
def docstrings(path: Path) -> str:
    """Every string that stands alone in a file: docstrings of modules, classes, functions, fields and constants."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return " ".join("\n".join(texts).split())


def test_every_arxiv_number_in_the_source_stands_in_papers():
    listed = set(ARXIV.findall(page("docs/papers.md")))
    named = {number for path in SOURCES for number in ARXIV.findall(path.read_text(encoding="utf-8"))}

    assert len(named) >= 8
    assert named - listed == set()


def test_every_author_and_year_in_a_docstring_stands_in_papers():
    rows = page("docs/papers.md").splitlines()

    for path in SOURCES:
        for name, year in CITED.findall(docstrings(path)):
            if name not in MONTHS:
                assert any(name in row and year in row for row in rows), f"{path.name}: {name} {year}"


def test_every_arxiv_number_in_papers_is_used_somewhere():
    others = [p for p in PAGES if p.name != "papers.md"]
    folders = ("src", "tests", "benchmarks", "calibration", "reproductions", "scripts")
    sources = [p for folder in folders for p in (ROOT / folder).rglob("*.py") if p != Path(__file__)]
    used = {number for p in (*others, *sources) for number in ARXIV.findall(p.read_text(encoding="utf-8"))}

    for row in page("docs/papers.md").splitlines():
        for number in ARXIV.findall(row):
            name, year = re.match(r"\| ([\w-]+).*? (\d{4})", row).groups()
            named = any(name in text and year in text for text in map(docstrings, SOURCES))
            assert number in used or named, row


# --- the README and the citation ------------------------------------------------------------------


@pytest.mark.slow  # needs a finished run
def test_the_readme_shows_what_a_finished_run_prints(tiny_run, tmp_path):
    _, _, run = tiny_run
    (tmp_path / "README.md").write_text("# x\n\n<!-- quick:begin -->\nstale words\n<!-- quick:end -->\n\nkept\n")

    script("refresh_readme").refresh(run, tmp_path)

    text = (tmp_path / "README.md").read_text()
    assert "stale words" not in text
    assert "kept" in text
    assert "Recovery" in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert (tmp_path / "docs/img/quick-recovery.svg").read_bytes() == (run / "figures/recovery_curve.svg").read_bytes()
    assert (tmp_path / "docs/img/quick-plane.svg").read_bytes() == (
        run / "figures/false_promise_plane.svg"
    ).read_bytes()


def test_the_readme_has_the_place_that_figures_fills_and_it_was_filled():
    block = page("README.md").partition("<!-- quick:begin -->\n")[2].partition("<!-- quick:end -->")[0]

    assert "recovery" in block, "run: make figures"
    assert "Brackets hold" in block, "run: make figures"


def test_the_version_is_the_same_in_package_citation_and_changelog():
    version = angelshare.__version__

    assert f'version: "{version}"' in page("CITATION.cff")
    assert f"## [{version}]" in page("CHANGELOG.md")


def unbuilt(text: str, verbs: set[str]) -> list[str]:
    """Lines that call something not built yet and name a verb that is there."""
    return [
        line
        for line in text.splitlines()
        if "not built" in line and verbs & set(re.findall(r"`(?:angelshare )?([a-z]+)[^`]*`", line))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_calls_a_verb_unbuilt_that_is_there(page):
    assert unbuilt(page.read_text(encoding="utf-8"), set(app.commands)) == []


def test_a_verb_that_is_there_and_called_unbuilt_is_found():
    assert unbuilt("months | `angelshare delay` is not built yet", {"delay"})
    assert not unbuilt("`angelshare mix` is not built yet", {"delay"})
