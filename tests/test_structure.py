"""The shape of the package: rooms and floors, sizes, names, docstrings, narrow excepts, reasons for every suppression."""

from __future__ import annotations

import ast
import io
import re
import resource
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "angelshare"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name != "migrations")
"""All but what Django writes."""
CODE = [*MODULES, *sorted((ROOT / "scripts").glob("*.py"))]
LONGEST = 400
NOUNS = {"core/records.py", "core/audit.py", "core/delay.py", "core/compute.py", "core/defend.py"}
"""Lists of records: as long as there are nouns, but without a single verb."""
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
HEAVY = (
    "torch",
    "transformers",
    "scipy",
    "numpy",
    "ray",
    "trl",
    "peft",
    "datasets",
    "reasoning_gym",
    "httpx2",
    "sqlite3",
    "rich",
)
WORLD = {"socket", "httpx2", "sqlite3", "subprocess", "time", "urllib", "requests", "tempfile", "shutil"}
HELP_CPU_SECONDS = 0.3
BROAD = {"Exception", "BaseException"}
NEIGHBOURS = 4
"""Lines over which suppressions of one rule may share a reason."""


def name(path: Path) -> str:
    return path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_there_is_something_to_look_at():
    assert len(MODULES) > 60
    assert NOUNS - {name(path) for path in MODULES} == set()


# --- modules --------------------------------------------------------------------------------------


def test_no_module_or_room_has_a_name_that_says_nothing():
    vague = [name(path) for path in MODULES if {path.stem, *path.relative_to(PACKAGE).parts[:-1]} & VAGUE]

    assert vague == []


def test_modules_are_short_unless_they_hold_nothing_but_nouns():
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    verbs = [
        node.name
        for path in MODULES
        if name(path) in NOUNS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]

    assert {module: n for module, n in lines.items() if n > LONGEST and module not in NOUNS} == {}
    assert verbs == []


def test_everything_public_says_what_it_is():
    silent = [f"{name(path)}: {what}" for path in MODULES for what in undocumented(tree(path))]

    assert silent == []


def undocumented(parsed: ast.Module) -> list[str]:
    """Name what is public and has no docstring; what stands inside a function or a private class is not public."""
    silent = [] if ast.get_docstring(parsed) else ["the module"]
    open_places: list[ast.Module | ast.ClassDef] = [parsed]
    while open_places:
        for node in open_places.pop().body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                silent += [] if ast.get_docstring(node) else [node.name]
                open_places += [node] if isinstance(node, ast.ClassDef) else []
    return silent


def test_every_field_of_a_record_says_what_it_is():
    silent = [
        f"{name(path)}: {node.name}.{ast.unparse(statement.target)}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        if any(ast.unparse(mark) == "record" for mark in node.decorator_list)
        for statement, after in zip(node.body, [*node.body[1:], None], strict=True)
        if isinstance(statement, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]

    assert silent == []


def test_no_function_hides_what_it_needs_in_extra_keywords():
    hiding = [
        f"{name(path)}: {node.name}(**{node.args.kwarg.arg})"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.args.kwarg is not None
        # Django refuses a signal's receiver that does not take what later versions may send
        and not any(ast.unparse(mark).startswith("receiver(") for mark in node.decorator_list)
    ]

    assert hiding == []


# --- excepts and suppressions ---------------------------------------------------------------------


def test_every_except_names_what_it_catches():
    broad = [
        f"{name(path)}: line {node.lineno}"
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    ]

    assert broad == []


def is_broad(node: ast.ExceptHandler) -> bool:
    """Say whether a handler may swallow what it never thought of; one that raises it again or hands it to a future does not."""
    caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else BROAD
    last = node.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    handed_on = isinstance(last, ast.Expr) and ast.unparse(last).endswith(f".set_exception({node.name})")
    return bool(caught & BROAD) and not (raises_again or handed_on)


@pytest.mark.parametrize(
    ("code", "broad"),
    [
        ("except Exception: pass", True),
        ("except (OSError, Exception): pass", True),
        ("except: pass", True),
        ("except OSError: pass", False),
        ("except BaseException:\n    clean()\n    raise", False),
        ("except BaseException as error:\n    done.set_exception(error)", False),
        ("except BaseException as error:\n    done.set_exception(None)", True),
        ("except BaseException as error:\n    raise Other from error", True),
    ],
)
def test_a_broad_except_is_told_from_a_narrow_one(code, broad):
    (handler,) = [n for n in ast.walk(ast.parse(f"try: x()\n{code}")) if isinstance(n, ast.ExceptHandler)]

    assert is_broad(handler) == broad


def test_every_suppression_names_its_rule_and_its_reason():
    bare = [
        f"{name(path)}: line {line}: {comment}"
        for path in [*CODE, *sorted((ROOT / "tests").rglob("*.py"))]
        for line, comment in bare_suppressions(path.read_text(encoding="utf-8"))
    ]

    assert bare == []


def bare_suppressions(source: str) -> list[tuple[int, str]]:
    """Find comments that silence a checker without naming the rule and the reason."""
    found = []
    told: dict[str, int] = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if noqa := re.search(r"noqa(?:: (?P<rules>[A-Z]+\d+(?:, [A-Z]+\d+)*))?(?P<reason> - \w)?", token.string):
            rules = noqa["rules"] or ""
            # neighbouring lines that silence the same rule may share the reason of the first
            shared = line - told.get(rules, -NEIGHBOURS - 1) <= NEIGHBOURS
            if not rules or not (noqa["reason"] or shared):
                found.append((line, token.string))
            elif noqa["reason"]:
                told[rules] = line
        if "type: ignore" in token.string and not re.search(r"type: ignore\[[\w, -]+\]\s+# \w", token.string):
            found.append((line, token.string))
    return found


@pytest.mark.parametrize(
    ("comment", "bare"),
    [
        ("# noqa: S101 - narrows the type", False),
        ("# noqa: S101", True),
        ("# noqa", True),
        ("# type: ignore[arg-type]  # a literal", False),
        ("# type: ignore[arg-type]", True),
        ("# type: ignore", True),
    ],
)
def test_a_suppression_without_a_reason_is_found(comment, bare):
    assert bool(bare_suppressions(f"x = 1  {comment}\n")) == bare


# --- rooms and floors -----------------------------------------------------------------------------


def test_imports_point_down_only(capsys):
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert status == 0, capsys.readouterr().out


def test_every_room_stands_on_a_floor():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    floors = {
        room.strip() for contract in settings["contracts"] for layer in contract["layers"] for room in layer.split("|")
    }
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}

    assert rooms == floors


def test_rooms_that_only_compute_touch_neither_disk_nor_network_nor_clock():
    touching = [
        f"{name(path)}: {what}"
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] in ("core", "stats", "defences")
        for what in outside(tree(path))
    ]

    assert touching == []


def outside(parsed: ast.Module) -> list[str]:
    """Name the imports and calls through which a module reaches the world outside its arguments."""
    found = []
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in WORLD]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in WORLD:
            found.append(node.module or "")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("open", "datetime.now", "date.today"):
            found.append(ast.unparse(node.func))
    return found


# --- start-up -------------------------------------------------------------------------------------


def test_help_loads_nothing_heavy():
    shown = (
        "import sys; import angelshare.cli; from click.testing import CliRunner; "
        "result = CliRunner().invoke(angelshare.cli.app, ['--help']); assert result.exit_code == 0; "
        "print(*{module.split('.')[0] for module in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert {"angelshare", "click"} <= loaded
    assert loaded & set(HEAVY) == set()


def test_help_takes_less_than_three_tenths_of_a_second_of_cpu():
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "angelshare", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # a busy machine adds CPU time too (cold caches, shared cores), never takes any away
    assert min(seconds() for _ in range(5)) < HELP_CPU_SECONDS
