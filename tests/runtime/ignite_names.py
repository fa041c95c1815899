"""Public names of PyTorch-Ignite, found by `inspect`, and what is missing of them here.

A name is written as programs import it, without the library: `handlers.Checkpoint`, `engine.Engine.run(max_epochs)`,
`handlers.Checkpoint(n_saved)` for a parameter of the constructor, `handlers.Checkpoint.ext` for an attribute.
"""

import ast
import importlib
import inspect
import pkgutil
import textwrap
import warnings
from collections.abc import Iterator
from enum import Enum
from functools import cache
from types import ModuleType
from typing import Any

HERE, THERE = "scaffold_runtime", "ignite"


def modules_of(package: str) -> Iterator[ModuleType]:
    """Ignite's package and all public modules in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
        top = importlib.import_module(f"{THERE}.{package}")
        yield top
        for found in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{top.__name__}."):
            yield importlib.import_module(found.name)


def public_names(package: str) -> Iterator[tuple[str, Any, Any]]:
    """Each public name of the package once, with what it is there and here (`MISSING` if it is not)."""
    seen: set[str] = set()
    for module in modules_of(package):
        for name, there in _members(module):
            full = _full_name(module.__name__, name, there)
            if full not in seen:
                seen.add(full)
                yield full, there, _found_here(full)


def missing_of(name: str, there: Any, here: Any) -> Iterator[tuple[str, bool]]:
    """The name, its parameters and its attributes, each with whether it is missing here."""
    yield name, here is MISSING
    if here is MISSING:
        return
    if isinstance(there, type):
        if not issubclass(there, Enum):
            yield from _parameters(name, there.__init__, here.__init__)
        for attribute in sorted(_attributes(there, THERE)):
            is_missing = not _has(here, attribute)
            yield (_owner(there, attribute) if is_missing else name) + f".{attribute}", is_missing
            methods = getattr(there, attribute, None), getattr(here, attribute, None)
            if all(map(inspect.isroutine, methods)):
                yield from _parameters(f"{name}.{attribute}", *methods)
    elif inspect.isfunction(there):
        yield from _parameters(name, there, here)


class _Missing:
    """What stands for nothing: None is a value."""


MISSING = _Missing()


def _members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module exports: what it says, or else what it defines."""
    names = getattr(module, "__all__", None)
    for name in names or vars(module):
        value = getattr(module, name)
        home = getattr(value, "__module__", None) or ""
        is_own = home.startswith(THERE) if hasattr(module, "__path__") else home == module.__name__
        if not name.startswith("_") and not isinstance(value, ModuleType) and (names or is_own):
            yield name, value


def _full_name(module: str, name: str, there: Any) -> str:
    """As it is imported from the package, if the package exports it, or else from its module."""
    package = module.split(".")[1]
    top = importlib.import_module(f"{THERE}.{package}")
    is_exported = getattr(top, name, MISSING) is there
    return f"{package if is_exported else module.removeprefix(f'{THERE}.')}.{name}"


def _found_here(full: str) -> Any:
    """It is looked for where Ignite has it, and in its package."""
    path, _, name = full.rpartition(".")
    for module in (path, path.partition(".")[0]):
        try:
            return getattr(importlib.import_module(f"{HERE}.{module}"), name)
        except (ImportError, AttributeError):
            continue
    return MISSING


def _has(kind: Any, attribute: str) -> bool:
    """The class or its objects have the attribute; an enum's objects are its members."""
    if issubclass(kind, Enum) and len(kind) > 0:
        kind = next(iter(kind))
    own = _attributes(kind if isinstance(kind, type) else type(kind), HERE)
    return attribute in own or inspect.getattr_static(kind, attribute, MISSING) is not MISSING


def _owner(there: type, attribute: str) -> str:
    """The class of Ignite that brings what is missing here: the first of its bases whose likeness here lacks it too."""
    for base in reversed(there.__mro__):
        if base.__module__.startswith(THERE) and attribute in _attributes(base, THERE):
            full = _full_name(base.__module__, base.__name__, base)
            here = _found_here(full)
            if here is not MISSING and not _has(here, attribute):
                return full
    return _full_name(there.__module__, there.__name__, there)


@cache
def _attributes(kind: type, library: str) -> set[str]:
    """Public attributes of a class and of its objects: what its body has, and what its methods give to `self`."""
    found: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.partition(".")[0] != library:
            continue
        found |= {*vars(base), *base.__annotations__} if "__annotations__" in vars(base) else set(vars(base))
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        stored = (
            node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        )
        found |= {node.attr for node in stored if isinstance(node.value, ast.Name) and node.value.id == "self"}
    return {name for name in found if not name.startswith("_")}


def _parameters(name: str, there: Any, here: Any) -> Iterator[tuple[str, bool]]:
    """Those of Ignite's function, and those that only ours needs."""
    known = list(inspect.signature(there).parameters.values())
    own = list(inspect.signature(here).parameters.values())
    for place, parameter in enumerate(known):
        yield f"{name}({parameter.name})", not _takes(own, parameter, place)
    for parameter in own:
        is_needed = parameter.default is parameter.empty and parameter.kind in (0, 1, 3)
        if is_needed and parameter.name not in {entry.name for entry in known}:
            yield f"{name}({parameter.name})", True


def _takes(own: list[inspect.Parameter], wanted: inspect.Parameter, place: int) -> bool:
    """The parameter is there, optional if it was, and at its place if it may be given by place."""
    kinds = {parameter.kind for parameter in own}
    if wanted.kind in (wanted.VAR_POSITIONAL, wanted.VAR_KEYWORD):
        return wanted.kind in kinds
    for own_place, parameter in enumerate(own):
        if parameter.name == wanted.name:
            optional = wanted.default is wanted.empty or parameter.default is not parameter.empty
            by_place = wanted.kind is wanted.KEYWORD_ONLY or (
                parameter.kind is not parameter.KEYWORD_ONLY and own_place == place
            )
            return optional and by_place
    by_place = wanted.kind is wanted.KEYWORD_ONLY or wanted.VAR_POSITIONAL in kinds
    return by_place and wanted.VAR_KEYWORD in kinds
