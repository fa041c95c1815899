"""Reads and rewrites the imports of Python source, by its syntax tree and not by searching text."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Import:
    """One module that a file imports from.

    Attributes:
        module: absolute dotted name.
        names: what is taken from it; for a module bound to a name, the attributes read off that name.
        node: the statement.
    """

    module: str
    names: tuple[str, ...]
    node: ast.Import | ast.ImportFrom


def read_imports(tree: ast.Module, *, module: str = "", is_package: bool = False) -> Iterator[Import]:
    """Every import in the file, at any depth, with relative ones made absolute.

    Args:
        tree: the parsed file.
        module: its dotted name, which relative imports start from.
        is_package: whether it is an `__init__.py`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, attributes_of(tree, alias.asname or alias.name), node)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, module, is_package)
            yield Import(source, tuple(alias.name for alias in node.names), node)


def attributes_of(tree: ast.Module, name: str) -> tuple[str, ...]:
    """The attributes that the file reads off a name (`idist.get_rank` gives `get_rank`)."""
    found = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    return tuple(sorted(found))


def bound_name(node: ast.ImportFrom, name: str) -> str:
    """What `name` is called in the importing file."""
    return next(alias.asname or alias.name for alias in node.names if alias.name == name)


def rewrite_imports(source: str, rename: Callable[[str], str | None]) -> str:
    """The source with modules renamed in its absolute imports.

    Args:
        source: Python.
        rename: the new dotted name of a module (with leading dots if it becomes relative), or None to leave it.

    Example:
        >>> rewrite_imports("from a.b import c", {"a.b": ".x"}.get)
        'from .x import c'
        >>> rewrite_imports("import a.b as c", {"a.b": ".x.y"}.get)
        'from .x import y as c'
    """
    lines = source.encode().splitlines(keepends=True)
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    for node in statements:  # no two of them share a line's text, so offsets stay true from the last to the first
        new = _rewritten(node, rename)
        if new is not None:
            _replace(lines, node, new.encode())
    return b"".join(lines).decode()


def _rewritten(node: ast.Import | ast.ImportFrom, rename: Callable[[str], str | None]) -> str | None:
    if isinstance(node, ast.ImportFrom):
        module = rename(node.module) if node.level == 0 and node.module else None
        if module is None:
            return None
        return ast.unparse(ast.ImportFrom(module=module, names=node.names, level=0))
    renamed = [(alias, rename(alias.name)) for alias in node.names]
    if all(module is None for _, module in renamed):
        return None
    return "; ".join(_plain_import(alias, module or alias.name) for alias, module in renamed)


def _plain_import(alias: ast.alias, module: str) -> str:
    asname = alias.asname or alias.name
    if not module.startswith("."):
        return f"import {module}" if module == asname else f"import {module} as {asname}"
    parent, _, name = module.rpartition(".")
    return f"from {parent or '.'} import {name}" + ("" if asname == name else f" as {asname}")


def _replace(lines: list[bytes], node: ast.stmt, text: bytes) -> None:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first][: node.col_offset]
    after = lines[last][node.end_col_offset :]
    lines[first] = before + text + after
    for index in range(first + 1, last + 1):
        lines[index] = b""


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    parts = module.split(".")
    keep = len(parts) - node.level + (1 if is_package else 0)
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])
