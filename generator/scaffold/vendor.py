"""Copies into a project the runtime modules that it uses, and those that they use, and no others.

`scaffold_runtime` is read as text and never imported. Its packages' `__init__.py` are lists of names, so a
name leads to the one module that defines it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from .errors import TemplateError
from .imports import Import, attributes_of, bound_name, read_imports, rewrite_imports
from .project import ProjectFile

RUNTIME = "scaffold_runtime"
PLACEHOLDER = "project_name"
FOLDER = "runtime"


def vendor(files: Mapping[PurePosixPath, ProjectFile], package: str) -> dict[PurePosixPath, ProjectFile]:
    """The files with imports rewritten, and the runtime's closure in `src/<package>/runtime/`.

    Raises:
        TemplateError: a file is no Python, or imports from the runtime what it does not have.
    """
    home = PurePosixPath("src") / package
    needed: list[Import] = []
    result: dict[PurePosixPath, ProjectFile] = {}
    for path, file in files.items():
        if path.suffix == ".py":
            source = file.content.decode()
            needed += _runtime_imports(source, path, file)
            content = rewrite_imports(source, lambda module, at=path: _renamed(module, at, home)).encode()
            file = ProjectFile(content, file.mode, file.layer)
        result[path] = file
    for module, source in _closure(needed).items():
        result[home / FOLDER / module] = ProjectFile(source.encode(), 0o644, FOLDER)
    return result


def _runtime_imports(source: str, path: PurePosixPath, file: ProjectFile) -> list[Import]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise TemplateError(f"'{path}' of layer '{file.layer}', line {error.lineno}: {error.msg}.") from None
    return [_with_attributes(entry, tree) for entry in read_imports(tree) if entry.module.split(".")[0] == RUNTIME]


def _renamed(module: str, path: PurePosixPath, home: PurePosixPath) -> str | None:
    """The new name of an absolute import in the file at `path`."""
    root, _, rest = module.partition(".")
    if root == PLACEHOLDER:
        return ".".join([home.name, *([rest] if rest else [])])
    if root != RUNTIME:
        return None
    tail = f"{FOLDER}.{rest}" if rest else FOLDER
    if home in path.parents:
        depth = len(path.parent.relative_to(home).parts)
        return "." * (depth + 1) + tail
    return f"{home.name}.{tail}"


def _closure(imports: Iterable[Import]) -> dict[PurePosixPath, str]:
    """The sources of all modules that the imports lead to, and of the packages around them."""
    waiting = [module for entry in imports for module in _defining_modules(entry)]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        tree = _parsed(module).tree
        for entry in read_imports(tree, module=module):
            if entry.module.split(".")[0] == RUNTIME:
                waiting += _defining_modules(_with_attributes(entry, tree))
    sources = {_path(module): _parsed(module).source for module in found}
    packages = {parent for module in found for parent in _parents(module)}
    return sources | {_path(package): _shortened(package, found) for package in packages}


def _with_attributes(entry: Import, tree: ast.Module) -> Import:
    """The import, where whole packages are taken (`from .. import distributed as idist`) with what is read off them."""
    names: list[str] = []
    for name in entry.names:
        if isinstance(entry.node, ast.ImportFrom) and _is_package(f"{entry.module}.{name}"):
            names += [f"{name}.{attribute}" for attribute in attributes_of(tree, bound_name(entry.node, name))]
        else:
            names.append(name)
    return Import(entry.module, tuple(names), entry.node)


def _defining_modules(entry: Import) -> list[str]:
    """The modules that define what is imported."""
    if not _is_package(entry.module):
        return [entry.module]
    modules: list[str] = []
    for name in entry.names:
        package, _, attribute = f"{entry.module}.{name}".rpartition(".")
        exports = _exports(package)
        if attribute in exports:
            modules.append(exports[attribute])
        elif _is_module(f"{package}.{attribute}"):
            modules.append(f"{package}.{attribute}")
        else:
            raise TemplateError(f"`{package}` has no '{attribute}'.", f"It has {', '.join(sorted(exports))}.")
    return modules


@dataclass(frozen=True)
class _Parsed:
    source: str
    tree: ast.Module


@cache
def _root() -> Path:
    spec = find_spec(RUNTIME)  # finds the folder without running it, so torch stays out
    if spec is None or spec.origin is None:
        raise TemplateError(
            f"The package `{RUNTIME}` is not installed.", "It comes with torch-scaffold: install that again."
        )
    return Path(spec.origin).parent


def _file(module: str) -> Path:
    path = _root().joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_package(module: str) -> bool:
    return module.split(".")[0] == RUNTIME and _root().joinpath(*module.split(".")[1:]).is_dir()


def _is_module(module: str) -> bool:
    return _file(module).is_file()


@cache
def _parsed(module: str) -> _Parsed:
    if not _is_module(module):
        raise TemplateError(f"There is no module `{module}`.")
    source = _file(module).read_text(encoding="utf-8")
    return _Parsed(source, ast.parse(source))


@cache
def _exports(package: str) -> dict[str, str]:
    """What a package's `__init__.py` lists: name to the module that defines it."""
    entries = read_imports(_parsed(package).tree, module=package, is_package=True)
    return {name: module for entry in entries for name in entry.names for module in [_origin(entry.module, name)]}


def _origin(module: str, name: str) -> str:
    return _exports(module)[name] if _is_package(module) and name in _exports(module) else module


def _shortened(package: str, modules: set[str]) -> str:
    """A package's `__init__.py` with the lines whose modules are in the project."""
    parsed = _parsed(package)
    lines = parsed.source.splitlines(keepends=True)
    for entry in read_imports(parsed.tree, module=package, is_package=True):
        if not all(_origin(entry.module, name) in modules for name in entry.names):
            for index in range(entry.node.lineno - 1, entry.node.end_lineno or entry.node.lineno):
                lines[index] = ""
    return "".join(lines)


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _path(module: str) -> PurePosixPath:
    return PurePosixPath(_file(module).relative_to(_root()).as_posix())
