"""Reads and rewrites the imports of Python source, by its syntax tree and not by searching text."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, cast

Rename = Callable[[str], str | None]
"""The new dotted name of a module (with leading dots if it becomes relative), or None to leave it."""


def import_statements(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    """Every import in the file: at the top, in functions, under `TYPE_CHECKING`."""
    return [node for node in _statements(tree.body) if isinstance(node, (ast.Import, ast.ImportFrom))]


def _statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Statements at any depth; unlike `ast.walk`, without looking into each expression."""
    for node in body:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, part, None)
            if isinstance(inner, list):
                yield from _statements(cast("list[ast.AST]", inner))


class ImportStatement(NamedTuple):
    """An import, with all names absolute.

    Attributes:
        first: its first line.
        last: its last line.
        source: the module that a `from` takes names from; empty for a plain `import`.
        names: of each what is imported, what it is bound to, and what the file reads off that.
    """

    first: int
    last: int
    source: str
    names: Sequence[tuple[str, str, Sequence[str]]]


def read_imports(
    tree: ast.Module,
    module: str = "",
    *,
    is_package: bool = False,
    may_be_namespace: Callable[[str], bool] | None = None,
) -> list[ImportStatement]:
    """The imports of a file; relative ones are made absolute.

    Args:
        tree: the parsed file.
        module: its dotted name, which relative imports start from.
        is_package: whether it is an `__init__.py`.
        may_be_namespace: which of the imported names are worth a look at what is read off them, which takes long;
            all of them if not given.
    """
    chains: list[str] | None = None
    found: list[ImportStatement] = []
    for node in import_statements(tree):
        source = absolute_module(node, module, is_package=is_package) if isinstance(node, ast.ImportFrom) else ""
        names: list[tuple[str, str, Sequence[str]]] = []
        for alias in node.names:
            bound, reads = alias.asname or alias.name, list[str]()
            if may_be_namespace is None or may_be_namespace(f"{source}.{alias.name}" if source else alias.name):
                chains = _chains(tree) if chains is None else chains
                reads = _read_off(bound, chains)
            names.append((alias.name, bound, reads))
        found.append(ImportStatement(node.lineno, node.end_lineno or node.lineno, source, names))
    return found


def imported_names(statements: Iterable[ImportStatement], *, is_namespace: Callable[[str], bool]) -> Iterator[str]:
    """The dotted names that a file imports.

    A module that is imported whole counts as what the file reads off it: `from a import b as c` and then
    `c.d()` is `a.b.d`.

    Args:
        statements: the file's imports.
        is_namespace: whether a dotted name is one to read names off, and not to be taken whole.
    """
    for statement in statements:
        for alias, _, reads in statement.names:
            name = f"{statement.source}.{alias}" if statement.source else alias
            if is_namespace(name):
                yield from (f"{name}.{read}" for read in reads)
            else:
                yield name


def absolute_module(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The module that a `from` takes names from, as `module` sees it."""
    if node.level == 0:
        return node.module or ""
    parts = module.split(".")
    keep = len(parts) - node.level + (1 if is_package else 0)
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])


def _chains(tree: ast.Module) -> list[str]:
    """Every `a.b.c` of names and dots in the file, and each beginning of it."""
    found = {_dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return sorted(chain for chain in found if chain is not None)


def _read_off(name: str, chains: Sequence[str]) -> list[str]:
    """What the file reads off a name: `idist.get_rank` gives `get_rank`, and `a.b.c` gives `b` and `b.c`."""
    return [chain.removeprefix(f"{name}.") for chain in chains if chain.startswith(f"{name}.")]


def rewrite_imports(source: str, rename: Rename, *, tree: ast.Module | None = None) -> str:
    r"""The source with modules renamed in its absolute imports, and nothing else changed.

    Args:
        source: Python. A module that becomes relative is imported by `from`, or by `import` with `as`.
        rename: says what each module is called from now on.
        tree: the source's, if it is parsed already.

    Example:
        >>> rewrite_imports("from a.b import (  # why\n    c,\n)", {"a.b": ".x"}.get)
        'from .x import (  # why\n    c,\n)'
        >>> rewrite_imports("import a.b as c", {"a.b": ".x.y"}.get)
        'from .x import y as c'
        >>> rewrite_imports("import a; a.f()", {"a": "x"}.get)
        'import x; x.f()'
    """
    tree = tree or ast.parse(source)
    statements = import_statements(tree)
    roots = {_root(alias) for node in statements if isinstance(node, ast.Import) for alias in node.names}
    renamed = {root for root in roots if root and rename(root)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in renamed] if renamed else []
    lines = source.encode().splitlines(keepends=True)  # offsets of the tree count bytes
    for node in sorted([*statements, *names], key=lambda node: (node.lineno, node.col_offset), reverse=True):
        first, last = node.lineno - 1, node.end_lineno or node.lineno
        head = lines[first][: node.col_offset]
        tail = lines[last - 1][node.end_col_offset :]
        old = b"".join(lines[first:last])[len(head) :].removesuffix(tail).decode()
        lines[first:last] = [head + _rewritten(node, old, rename).encode() + tail, *[b""] * (last - first - 1)]
    return b"".join(lines).decode()


def rewrite_doctests(source: str, rename: Rename) -> str:
    r"""The source with modules renamed in the imports of the examples in its docstrings.

    Example:
        >>> rewrite_doctests("    >>> from a.b import c\n", {"a.b": "x"}.get)
        '    >>> from x import c\n'
    """

    def renamed(match: re.Match[str]) -> str:
        return f"{match['prompt']}{rename(match['module']) or match['module']}"

    return re.sub(
        r"(?m)^(?P<prompt> *>>> (?:from|import) )(?P<module>[\w.]+)", renamed, source
    )  # no Python begins with >>>


def _root(alias: ast.alias) -> str | None:
    """The name that `import a.b` binds: `a`; with `as`, no part of the module's own."""
    return alias.name.partition(".")[0] if alias.asname is None else None


def _rewritten(node: ast.Import | ast.ImportFrom | ast.Name, text: str, rename: Rename) -> str:
    if isinstance(node, ast.Name):
        return rename(node.id) or node.id
    if isinstance(node, ast.Import):
        return _plain_import(node.names, text, rename)
    new = rename(node.module) if node.level == 0 and node.module else None
    return text if new is None else re.sub(r"\Afrom\b.*?\bimport\b", f"from {new} import", text, count=1, flags=re.S)


def _plain_import(aliases: Iterable[ast.alias], text: str, rename: Rename) -> str:
    renamed = [(alias, rename(alias.name)) for alias in aliases]
    if all(new is None for _, new in renamed):
        return text
    return "; ".join(_bound(new or alias.name, alias.asname) for alias, new in renamed)


def _bound(module: str, name: str | None) -> str:
    """The import that binds a module to a name."""
    as_name = "" if name is None else f" as {name}"
    if not module.startswith("."):
        return f"import {module}{as_name}"
    path = module.lstrip(".")
    dots = module.removesuffix(path)
    parent, _, last = path.rpartition(".")
    return f"from {dots}{parent} import {last}" + ("" if name == last else as_name)


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text, if the expression is only names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    around = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{around}.{node.attr}" if around is not None and isinstance(node, ast.Attribute) else None
