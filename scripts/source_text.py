"""Read names, types and the strings beside them out of Python source, without importing what it describes."""
# ruff: noqa: INP001 - scripts are no package

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

LINKS = {
    "ArmKind": "[arm](glossary.md#arms)",
    "Ring": "[ring](glossary.md#rings)",
    "Number": "[Estimate](#estimate) or [Refusal](#refusal)",
}
"""Types said by a link instead of by what they are made of."""
SIMPLE = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "bytes": "bytes",
    "None": "nothing",
    "Any": "any value",
}
PLURALS = {
    "text": "texts",
    "number": "numbers",
    "whole number": "whole numbers",
    "text or list of texts": "texts, or of lists of texts",
    LINKS["ArmKind"]: "[arms](glossary.md#arms)",
}


class Field(NamedTuple):
    """A field of a record or an option of a plug-in."""

    name: str
    kind: str
    default: str | None
    """As TOML would say it; None if it must be given."""

    says: str


class Module:
    """One module's syntax tree, with the names it defines and those it imports."""

    def __init__(self, name: str) -> None:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise LookupError(f"no module {name}")
        self.name = name
        self.tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        self.imported = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def find(self, name: str) -> tuple[Module, ast.stmt] | None:
        """Find where a class, function or alias is defined, following imports inside this project."""
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
                return self, node
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                return self, node
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return self, node
        module, original = self.imported.get(name, ("", ""))
        return Module(module).find(original) if module.startswith("angelshare") else None


def records(module: str) -> Mapping[str, tuple[str, Sequence[Field]]]:
    """Give every record of a module: its docstring and its fields."""
    where = Module(module)
    return {
        node.name: (ast.get_docstring(node) or "", _fields(where, node))
        for node in where.tree.body
        if isinstance(node, ast.ClassDef) and any(_is_record(mark) for mark in node.decorator_list)
    }


def options(target: str) -> tuple[str, Sequence[Field]]:
    """Give what a plug-in's docstring says before its options, and the options; `target` is `module:attr`."""
    module, attribute = target.split(":")
    found = Module(module).find(attribute)
    if found is None:
        raise LookupError(f"{target}: not in its source")
    where, node = found
    if isinstance(node, ast.FunctionDef):
        return opening(ast.get_docstring(node)), _parameters(where, node, ast.get_docstring(node) or "")
    assert isinstance(node, ast.ClassDef)  # noqa: S101 - narrows the type
    owner, init, told = _init(where, node)
    return opening(ast.get_docstring(node)), _parameters(owner, init, told) if init else []


def opening(docstring: str | None) -> str:
    """Give a docstring up to its first section, one line per paragraph."""
    text = re.split(r"\n\n(?:Args|Raises|Returns|Source)\b", docstring or "")[0]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _is_record(mark: ast.expr) -> bool:
    return isinstance(mark, ast.Name) and mark.id == "record"


def _fields(where: Module, node: ast.ClassDef) -> list[Field]:
    found = []
    for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        says = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        default = None if statement.value is None else value(where, statement.value)
        found.append(
            Field(statement.target.id, words(where, statement.annotation), default, " ".join(str(says).split()))
        )
    return found


def _init(where: Module, node: ast.ClassDef) -> tuple[Module, ast.FunctionDef | None, str]:
    """Find the constructor a class uses and the docstring that tells of its options, in itself or in its parents."""
    told = ast.get_docstring(node) or ""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return where, item, told
    for base in node.bases:
        found = where.find(base.id) if isinstance(base, ast.Name) else None
        if found and isinstance(found[1], ast.ClassDef):
            owner, init, parent = _init(found[0], found[1])
            return owner, init, told if "Args:" in told else parent
    return where, None, told


def _parameters(where: Module, node: ast.FunctionDef, told: str) -> list[Field]:
    said = _args_section(told)
    rows = []
    plain = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(node.args.defaults)) + list(node.args.defaults)
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    for argument, default in [*zip(plain, defaults, strict=True), *named]:
        if argument.arg != "self" and argument.annotation is not None:
            shown = None if default is None else value(where, default)
            told_of = _followed(where, argument.arg, said.get(argument.arg, "see above"))
            rows.append(Field(argument.arg, words(where, argument.annotation), shown, told_of))
    return rows


def _followed(where: Module, name: str, told: str) -> str:
    """Follow "see `module.Record`" to what that record says of the field of the same name."""
    pointer = re.fullmatch(r"see `(\w+)\.(\w+)`(?:; (.+))?\.", told)
    if pointer is None:
        return told
    room = where.name.rpartition(".")[0]
    _, fields = records(f"{room}.{pointer[1]}")[pointer[2]]
    says = next(field.says for field in fields if field.name == name)
    return f"{says} {pointer[3][0].upper()}{pointer[3][1:]}." if pointer[3] else says


def _args_section(docstring: str) -> dict[str, str]:
    """Read Google-style `Args:`; several names may share one line."""
    lines = docstring.partition("Args:\n")[2].splitlines()
    said: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        if not line.strip() or not line.startswith("    "):
            break
        if not line.startswith("        "):
            head, _, tail = line.strip().partition(": ")
            names = [name.strip() for name in head.split(",")]
            said |= dict.fromkeys(names, tail)
        else:
            said |= {name: f"{said[name]} {line.strip()}" for name in names}
    return said


def words(where: Module, node: ast.expr) -> str:
    """Say a type in words."""
    if isinstance(node, ast.Constant):
        return SIMPLE["None"] if node.value is None else f"`{node.value!r}`"
    if isinstance(node, ast.BinOp):
        parts = [words(where, side) for side in (node.left, node.right)]
        return parts[0] if parts[1] == SIMPLE["None"] else " or ".join(parts)
    if isinstance(node, ast.Subscript):
        return _generic(where, ast.unparse(node.value), node.slice)
    name = ast.unparse(node)
    if name in LINKS or name in SIMPLE:
        return LINKS.get(name) or SIMPLE[name]
    found = where.find(name)
    if found and isinstance(found[1], ast.AnnAssign | ast.Assign) and found[1].value is not None:
        return words(found[0], found[1].value)
    return f"[{name}](#{name.lower()})"


def _generic(where: Module, outer: str, inner: ast.expr) -> str:
    parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
    if outer == "Literal":
        return " or ".join(f"`{ast.literal_eval(part)}`" for part in parts)
    each = [words(where, part) for part in parts]
    if outer == "Mapping":
        return f"table of {each[0]} to {each[1]}"
    return f"list of {PLURALS.get(each[0], each[0])}"


def value(where: Module, node: ast.expr) -> str:
    """Say a default as TOML would."""
    if isinstance(node, ast.Call):
        return "`{}`" if "dict" in ast.unparse(node) else "its own defaults"
    if (
        isinstance(node, ast.Name)
        and (found := where.find(node.id))
        and isinstance(found[1], ast.AnnAssign | ast.Assign)
    ):
        return value(found[0], found[1].value or ast.Constant(None))
    constant = ast.literal_eval(node)
    if constant is None:
        return "not given"
    if isinstance(constant, tuple | list):
        return "`[" + ", ".join(_scalar(each) for each in constant) + "]`"
    return f"`{_scalar(constant)}`"


def _scalar(constant: object) -> str:
    if isinstance(constant, bool):
        return str(constant).lower()
    return f'"{constant}"' if isinstance(constant, str) else str(constant)
