"""Files that a project's owner calls otherwise: they are made under that name, and imported by it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import PurePosixPath

from .imports import absolute_module, import_statements
from .project import ProjectFile

Files = dict[PurePosixPath, ProjectFile]


def rename_files(files: Mapping[PurePosixPath, ProjectFile], renamed: Mapping[str, str]) -> Files:
    """The files with other names, and their imports of each other by these.

    Args:
        files: by their paths in the project.
        renamed: the paths that change, and to what; one that would hide another file is left.
    """
    moves = {PurePosixPath(old): PurePosixPath(new) for old, new in renamed.items()}
    moves = {old: new for old, new in moves.items() if old in files and new not in files}
    modules = {_module(old): _module(new) for old, new in moves.items() if old.suffix == new.suffix == ".py"}
    result = {moves.get(path, path): file for path, file in files.items()}
    if not modules:
        return result
    for path, file in files.items():
        if path.suffix == ".py":
            content = _imports_renamed(file.content.decode(), _module(path), _is_package(path), modules)
            result[moves.get(path, path)] = replace(file, content=content.encode())
    return result


def _module(path: PurePosixPath) -> str:
    """A file's dotted name, as imports have it."""
    parts = path.with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_package(path: PurePosixPath) -> bool:
    return path.name == "__init__.py"


def _imports_renamed(source: str, module: str, is_package: bool, modules: Mapping[str, str]) -> str:
    tree = ast.parse(source)
    package = module.split(".") if is_package else module.split(".")[:-1]
    lines = source.encode().splitlines(keepends=True)  # offsets of the tree count bytes
    for node in sorted(import_statements(tree), key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        head, tail = lines[first][: node.col_offset], lines[last - 1][node.end_col_offset :]
        old = b"".join(lines[first:last])[len(head) :].removesuffix(tail).decode()
        if isinstance(node, ast.ImportFrom):
            absolute = absolute_module(node, module, is_package=is_package)
            new = _from(node, old, absolute, package, modules)
        else:
            new = _plain(node, modules)
        if new is not None:
            lines[first:last] = [head + new.encode() + tail, *[b""] * (last - first - 1)]
    return b"".join(lines).decode()


def _from(node: ast.ImportFrom, text: str, source: str, package: list[str], modules: Mapping[str, str]) -> str | None:
    """`from .model import X` by the new name, and `from . import model` with the new file under the old name."""
    if source in modules:
        place = _spelt(modules[source], package, is_relative=node.level > 0)
        return re.sub(r"\Afrom\b.*?\bimport\b", f"from {place} import", text, count=1, flags=re.S)
    inner = {each.name: f"{source}.{each.name}" for each in node.names}
    moved = [each for each in node.names if inner[each.name] in modules]
    if not moved:
        return None
    kept = ", ".join(_alias(each.name, each.asname) for each in node.names if each not in moved)
    lines = [f"from {'.' * node.level}{node.module or ''} import {kept}"] if kept else []
    for each in moved:
        around, _, last = modules[inner[each.name]].rpartition(".")
        place = _spelt(around, package, is_relative=node.level > 0)
        lines.append(f"from {place} import {_alias(last, each.asname or each.name)}")
    return "; ".join(lines)


def _spelt(module: str, package: list[str], *, is_relative: bool) -> str:
    """A module as a file of the package names it.

    Example:
        >>> _spelt("p.nets.small", ["p", "programs"], is_relative=True)
        '..nets.small'
    """
    parts = module.split(".")
    agree = (one == other for one, other in zip(parts, package, strict=False))
    common = sum(takewhile(bool, agree))
    if not is_relative or common == 0:
        return module
    return "." * (len(package) - common + 1) + ".".join(parts[common:])


def _plain(node: ast.Import, modules: Mapping[str, str]) -> str | None:
    """`import project.model as m`; without `as` the name is read off, and stays what it was."""
    if not any(each.name in modules and each.asname for each in node.names):
        return None
    names = [modules.get(each.name, each.name) if each.asname else each.name for each in node.names]
    return "import " + ", ".join(_alias(name, each.asname) for name, each in zip(names, node.names, strict=True))


def _alias(name: str, asname: str | None) -> str:
    return f"{name} as {asname}" if asname and asname != name else name
