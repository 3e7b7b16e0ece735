"""The one loader: entry points or `package.module:attr`, with options checked against the factory's signature."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias, get_type_hints

from angelshare.core.errors import MissingExtraError, PlanError, PluginError, UnknownKeyError, nearest
from angelshare.core.records import Use
from angelshare.core.strict import convert

Socket: TypeAlias = Literal["models", "students", "tasks", "defences", "readers", "detectors"]
EXTRA_OF = {
    "torch": "train", "transformers": "train", "accelerate": "train", "safetensors": "train", "tokenizers": "train",
    "peft": "hf", "trl": "hf", "datasets": "hf", "reasoning_gym": "tasks", "ray": "ray", "gguf": "gguf",
}  # fmt: skip
"""Which extra brings an optional package."""


def installed(socket: Socket) -> Mapping[str, EntryPoint]:
    """Map the names plugged into `socket` to their entry points."""
    return {point.name: point for point in entry_points(group=f"angelshare.{socket}")}


def build(socket: Socket, use: Use) -> Any:  # noqa: ANN401 - the caller's annotation names the protocol
    """Build the plug-in that `use` names.

    `use.use` is an installed name, `name:argument` for factories whose first parameter is a string
    (`reasoning-gym:chain_sum`), or `package.module:attr`.

    Raises PluginError, MissingExtraError, UnknownKeyError or PlanError.
    """
    factory, head = _find(socket, use.use)
    options = _checked(factory, use, head)
    try:
        return factory(**options)
    except ModuleNotFoundError as error:
        raise _missing(error, use.use) from error


def is_remote(use: Use) -> bool:
    """Say whether a model plug-in is hosted by someone else, from its class alone: nothing is built or called."""
    factory, _ = _find("models", use.use)
    return bool(getattr(factory, "remote", False))


def _find(socket: Socket, name: str) -> tuple[Callable[..., Any], str | None]:
    points = installed(socket)
    head: str | None = None
    if name not in points and ":" in name and name.split(":", 1)[0] in points:
        name, head = name.split(":", 1)
    try:
        if name in points:
            return points[name].load(), head
        if ":" in name:
            module, attribute = name.split(":", 1)
            return getattr(importlib.import_module(module), attribute), None
    except ModuleNotFoundError as error:
        raise _missing(error, name) from error
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{socket}: cannot load '{name}': {error}") from error
    raise PluginError(f"no {socket} named '{name}'; {nearest(name, points)} Installed: {sorted(points)}")


def _missing(error: ModuleNotFoundError, name: str) -> PluginError:
    package = (error.name or "").split(".")[0]
    if package in EXTRA_OF:
        return MissingExtraError(f"'{name}' (it imports {package})", EXTRA_OF[package])
    return PluginError(f"cannot load '{name}': no module named '{error.name}'")


def _checked(factory: Callable[..., Any], use: Use, head: str | None) -> dict[str, Any]:
    """Check options against the factory's parameters, so that a typo never changes an experiment in silence."""
    target = factory.__init__ if inspect.isclass(factory) else factory
    hints = get_type_hints(target)
    parameters = [p for p in inspect.signature(factory).parameters.values() if p.name != "self"]
    options = dict(use.options)
    if head is not None:
        options = {parameters[0].name: head} | options
    known = [parameter.name for parameter in parameters]
    for key in options:
        if key not in known:
            raise UnknownKeyError(f"'{use.use}': unknown option '{key}'; {nearest(key, known)}")
    missing = [p.name for p in parameters if p.default is p.empty and p.name not in options]
    if missing:
        raise PlanError(f"'{use.use}': missing option {', '.join(repr(name) for name in missing)}")
    return {key: convert(value, hints[key], f"'{use.use}': {key}") for key, value in options.items()}
