"""The one loader: entry points or `package.module:attr`, with options checked against the factory's signature."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias, get_type_hints

from angelshare.core.errors import MissingExtraError, PlanError, PluginError, UnknownKeyError, nearest
from angelshare.core.protocols import Detector, Model, Reader, Remote, Student, Task
from angelshare.core.records import Use
from angelshare.core.strict import convert

Socket: TypeAlias = Literal["models", "students", "tasks", "defences", "readers", "detectors"]
EXTRA_OF = {
    "torch": "train", "transformers": "train", "accelerate": "train", "safetensors": "train", "tokenizers": "train",
    "peft": "hf", "trl": "hf", "datasets": "hf", "reasoning_gym": "tasks", "ray": "ray", "gguf": "real",
    "ibis": "traffic", "duckdb": "traffic", "pyarrow": "traffic", "stix2": "traffic",
    "numba": "marks", "mpmath": "marks", "cryptography": "lineage",
}  # fmt: skip
"""Which extra brings an optional package."""
PROMISES: Mapping[Socket, type] = {
    "models": Model, "students": Student, "tasks": Task, "readers": Reader, "detectors": Detector,
}  # fmt: skip
"""What a built plug-in must have; a defence is a function from model to model, so it is called and no more."""
Parameters: TypeAlias = Mapping[str, inspect.Parameter]


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
        built = factory(**options)
    except ModuleNotFoundError as error:
        raise _missing(error, use.use) from error
    except (TypeError, ValueError) as error:
        place = _own_place(factory, error.__traceback__)
        if place is None:
            raise
        raise PluginError(
            f"{socket}: '{use.use}' cannot be built with the options {sorted(options)}: "
            f"{type(error).__name__}: {error}{place}"
        ) from error
    lacking = _lacking(socket, built)
    if lacking:
        raise PluginError(
            f"{socket}: '{use.use}' gave {type(built).__name__}, which has no {', '.join(lacking)}; "
            "see core/protocols.py for what a plug-in must have"
        )
    return built


def check(socket: Socket, use: Use) -> None:
    """Find the plug-in that `use` names and check its options against its signature, without building it.

    Raises what `build` raises, but for what only building can show.
    """
    factory, head = _find(socket, use.use)
    _checked(factory, use, head)


def is_remote(use: Use) -> bool:
    """Say whether a model plug-in is hosted by someone else, from its class alone: nothing is built or called."""
    factory, _ = _find("models", use.use)
    return bool(getattr(factory, "remote", False))


def follows(use: Use) -> bool:
    """Say whether a model plug-in can follow another model's replies (`protocols.Follower`), from its class alone."""
    factory, _ = _find("models", use.use)
    return callable(getattr(factory, "follow", None))


def _find(socket: Socket, name: str) -> tuple[Callable[..., Any], str | None]:
    points = installed(socket)
    head: str | None = None
    if name not in points and ":" in name and name.split(":", 1)[0] in points:
        name, head = name.split(":", 1)
    try:
        if name in points:
            return points[name].load(), head
        module, _, attribute = name.partition(":")
        if attribute and all(part.isidentifier() for part in module.split(".")):
            return getattr(importlib.import_module(module), attribute), None
    except ModuleNotFoundError as error:
        raise _missing(error, name) from error
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{socket}: cannot load '{name}': {error}") from error
    raise PluginError(f"no {socket} named '{name}'; {nearest(name, points)} Installed: {sorted(points)}")


def _own_place(factory: Callable[..., Any], trace: TracebackType | None) -> str | None:
    """Say where the factory refused its options: "" in the call itself, None if the error is from deeper down.

    An error out of another module than the factory's is a fault to show whole, not a word about options.
    """
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or last is trace:
        return ""
    frame = last.tb_frame
    if frame.f_globals.get("__name__") != getattr(factory, "__module__", None):
        return None
    return f" ({Path(frame.f_code.co_filename).name}, line {last.tb_lineno})"


def _lacking(socket: Socket, built: object) -> Sequence[str]:
    """Name what a built plug-in lacks of what its socket promises."""
    if socket == "defences":
        return () if callable(built) else ("'__call__' (a defence takes a model and gives a model)",)
    lacking = _absent(PROMISES[socket], built)
    if socket == "models" and not lacking and getattr(built, "remote", False):
        lacking = _absent(Remote, built)
    return lacking


def _absent(protocol: type, built: object) -> list[str]:
    """Name what `protocol` promises in public and `built` has not, or has but cannot be called where it must be."""
    methods = {name for kind in protocol.__mro__ for name in vars(kind) if callable(vars(kind)[name])}
    fields = {name for kind in protocol.__mro__ for name in inspect.get_annotations(kind)}
    absent = {name for name in fields | methods if not hasattr(built, name)}
    absent |= {name for name in methods - absent if not callable(getattr(built, name))}
    return [f"'{name}'" for name in sorted(absent) if not name.startswith("_")]


def _missing(error: ModuleNotFoundError, name: str) -> PluginError:
    package = (error.name or "").split(".")[0]
    if package in EXTRA_OF:
        return MissingExtraError(f"'{name}' (it imports {package})", EXTRA_OF[package])
    return PluginError(f"cannot load '{name}': no module named '{error.name}'")


def _checked(factory: Callable[..., Any], use: Use, head: str | None) -> dict[str, Any]:
    """Check options against the factory's parameters, so that a typo never changes an experiment in silence."""
    parameters, hints = _signature(factory, use.use)
    options = dict(use.options)
    if head is not None:
        if not parameters:
            raise PluginError(f"'{use.use}': the plug-in takes no argument after ':'")
        options = {next(iter(parameters)): head} | options
    for key in options:
        if key not in parameters:
            raise UnknownKeyError(f"'{use.use}': unknown option '{key}'; {nearest(key, parameters)}")
    missing = [name for name, p in parameters.items() if p.default is p.empty and name not in options]
    if missing:
        raise PlanError(f"'{use.use}': missing option {', '.join(repr(name) for name in missing)}")
    return {key: convert(value, hints.get(key, Any), f"'{use.use}': {key}") for key, value in options.items()}


def _signature(factory: Callable[..., Any], name: str) -> tuple[Parameters, Mapping[str, Any]]:
    """Give the parameters an option can be passed to by name, and their types."""
    if not callable(factory):
        raise PluginError(f"'{name}' is {type(factory).__name__}, not a class or function that makes a plug-in")
    target = factory.__init__ if inspect.isclass(factory) else factory
    try:
        parameters = inspect.signature(factory).parameters
        hints = get_type_hints(target) if hasattr(target, "__annotations__") else {}
    except (TypeError, ValueError, NameError) as error:
        raise PluginError(f"'{name}': its parameters cannot be read ({error}), so no option can be checked") from error
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {key: p for key, p in parameters.items() if p.kind in by_name}, hints
