"""The runtime as text: which module defines a name, and which modules a module needs.

`scaffold_runtime` is never imported. Its packages' `__init__.py` are lists of names, so a name leads to
the one module that defines it, and a project needs that module and not the package around it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from ..errors import TemplateError, did_you_mean
from .imports import absolute_module, import_statements, imported_names

RUNTIME = "scaffold_runtime"


def runtime_names(tree: ast.Module, *, module: str = "") -> set[str]:
    """The runtime's modules that a file imports from.

    Args:
        tree: the parsed file.
        module: its dotted name, if it is one of the runtime's own.

    Raises:
        TemplateError: it imports what the runtime does not have.
    """
    names = imported_names(tree, module=module, is_namespace=_is_package)
    modules = (_defining_module(name) for name in names if _is_runtime(name))
    return {module for module in modules if module is not None}


def closure(modules: Iterable[str]) -> dict[PurePosixPath, str]:
    """The sources of the modules, of all that they need, and of the packages around them.

    A package's `__init__.py` lists only what is there.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _dependencies(module)
    packages = {parent for module in found for parent in _packages_around(module)}
    sources = {_path(module): _source(module) for module in found - packages}
    return sources | {_path(package): _shortened(package, found) for package in packages}


def is_module(name: str) -> bool:
    """Whether a dotted name is one of the runtime's modules, and no package of them."""
    return _is_module(name) and not _is_package(name)


def module_names() -> list[str]:
    """All of the runtime's modules, by their dotted names within it."""
    files = (path.relative_to(_root()) for path in _root().rglob("*.py") if path.name != "__init__.py")
    return sorted(".".join(file.with_suffix("").parts) for file in files)


@cache
def _root() -> Path:
    spec = find_spec(RUNTIME)  # finds the folder without running it, so torch stays out
    if spec is None or spec.origin is None:
        raise TemplateError(
            f"The package `{RUNTIME}` is not installed.", "It comes with torch-scaffold: install that again."
        )
    return Path(spec.origin).parent


@cache
def _source(module: str) -> str:
    return _file(module).read_text(encoding="utf-8")


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))  # not kept: the garbage collector would walk all trees again and again


@cache
def _dependencies(module: str) -> frozenset[str]:
    return frozenset(runtime_names(_tree(module), module=module))


@cache
def _exports(package: str) -> dict[str, str]:
    """What a package's `__init__.py` lists: name to the module that defines it."""
    exports: dict[str, str] = {}
    for node in import_statements(_tree(package)):
        source = absolute_module(node, package, is_package=True) if isinstance(node, ast.ImportFrom) else ""
        if _is_runtime(source) and not _is_module(source):
            raise TemplateError(f"`{package}` lists what is in `{source}`, which there is not.", "Mend its list.")
        for alias in node.names if _is_runtime(source) else []:
            name = f"{source}.{alias.name}"
            is_module_itself = source == package and is_module(name)  # `from . import xla as xla`
            module = name if is_module_itself else _defining_module(name) if source != package else None
            exports |= {alias.asname or alias.name: module} if module else {}
    return exports


def _defining_module(name: str) -> str | None:
    """The module that a dotted name leads to, through packages by what they list; None for a package itself."""
    module, rest = RUNTIME, name.removeprefix(RUNTIME).removeprefix(".")
    while _is_package(module) and rest:
        first, _, rest = rest.partition(".")
        inner = f"{module}.{first}"
        if not (rest and _is_module(inner)):  # `spawn.spawn` goes through the module, `spawn` may be the function
            known = _exports(module)
            if first in known:
                return known[first]
            if not _is_module(inner):
                hint = f"{did_you_mean(first, known)}It has {', '.join(sorted(known)) or 'no names of its own'}."
                raise TemplateError(f"`{module}` has no '{first}'.", hint)
        module = inner
    return None if _is_package(module) else module


def _shortened(package: str, modules: set[str]) -> str:
    """A package's `__init__.py` with the lines whose modules are in the project."""
    lines = _source(package).splitlines(keepends=True)
    for node in import_statements(_tree(package)):
        listed = (_exports(package).get(alias.asname or alias.name) for alias in node.names)
        if any(module is not None and module not in modules for module in listed):
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            lines[first:last] = [""] * (last - first)
    return "".join(lines).rstrip() + "\n"


def _is_runtime(name: str) -> bool:
    return name == RUNTIME or name.startswith(f"{RUNTIME}.")


def _folder(module: str) -> Path:
    return _root().joinpath(*module.split(".")[1:])


def _file(module: str) -> Path:
    folder = _folder(module)
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


@cache
def _is_package(module: str) -> bool:
    return _is_runtime(module) and (_folder(module) / "__init__.py").is_file()


@cache
def _is_module(module: str) -> bool:
    return _is_runtime(module) and _file(module).is_file()


def _packages_around(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _path(module: str) -> PurePosixPath:
    return PurePosixPath(_file(module).relative_to(_root()).as_posix())
