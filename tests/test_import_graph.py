"""Which module imports which, by the syntax trees of both packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("generator/scaffold", "runtime/scaffold_runtime")


class ImportGraph:
    """The modules of one package and what each imports: at the top, in functions, under `TYPE_CHECKING`.

    A package's `__init__.py` lists names. Who imports such a name, or reads it off a package that was imported whole
    (`from .. import distributed as idist`, then `idist.get_rank`), imports the module that defines it, not all others
    of the list too: those the generator leaves out of a project that does not use them.
    """

    def __init__(self, folder: Path) -> None:
        self._packages: set[str] = set()
        trees: dict[str, ast.Module] = {}
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if path.name == "__init__.py" else parts)
            trees[name] = ast.parse(path.read_text(encoding="utf-8"))
            if path.name == "__init__.py":
                self._packages.add(name)
        self._modules = set(trees)
        self._lists = {name: dict(self._imported(name, trees[name])) for name in self._packages}
        self.imports = {name: set(self._imports(name, tree)) - {name} for name, tree in trees.items()}

    def circle(self) -> list[str]:
        """Modules of which each imports the next, the last being the first again; none if there is no circle."""
        try:
            TopologicalSorter(self.imports).prepare()
        except CycleError as error:
            return error.args[1][::-1]  # it tells who is imported before who imports
        return []

    def _imports(self, module: str, tree: ast.Module) -> Iterator[str]:
        chains = [chain for node in ast.walk(tree) if isinstance(node, ast.Attribute) and (chain := _dotted(node))]
        for bound, name in self._imported(module, tree):
            read = [chain.removeprefix(bound) for chain in chains if chain.startswith(f"{bound}.")]
            names = [name + rest for rest in read] if name in self._packages else [name]
            yield from filter(None, map(self._defining, names))

    def _imported(self, module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
        """What a module's imports bind, and the dotted names that stand for it."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = self._source(module, node)
                yield from ((alias.asname or alias.name, f"{source}.{alias.name}") for alias in node.names)

    def _source(self, module: str, node: ast.ImportFrom) -> str:
        parts = module.split(".") if node.level else []
        above = node.level - (module in self._packages)
        return ".".join([*parts[: len(parts) - above], *([node.module] if node.module else [])])

    def _defining(self, name: str) -> str | None:
        """The module that a dotted name comes from; None if it is not one of ours."""
        if name in self._modules:
            return name
        owner, _, last = name.rpartition(".")
        if owner in self._packages and last in self._lists[owner]:
            return self._defining(self._lists[owner][last])
        return self._defining(owner) if owner else None


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` of a name and attributes; None for attributes of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else None


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A package `made` of these files."""
    for name, text in files.items():
        path = folder / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "made"


def test_names_lead_to_the_modules_that_define_them(tmp_path: Path) -> None:
    """Through the lists of packages, off packages that are imported whole, in functions and for types alone."""
    files = {
        "__init__.py": "",
        "low/__init__.py": "from .first import one as one\nfrom .second import two as two\n",
        "low/first.py": "import os\none = 1\n",
        "low/second.py": "from . import first\ntwo = first.one + 1\n",
        "whole.py": "from . import low as it\nprint(it.two)\n",
        "by_name.py": "def late():\n    from .low import one\n    return one\n",
        "typed.py": "if TYPE_CHECKING:\n    from .whole import x\n",
        "absolute.py": "import made.typed\n",
    }
    imports = ImportGraph(written(tmp_path, files)).imports
    assert {name: found for name, found in imports.items() if name not in ("made", "made.low")} == {
        "made.low.first": set(),
        "made.low.second": {"made.low.first"},
        "made.whole": {"made.low.second"},
        "made.by_name": {"made.low.first"},
        "made.typed": {"made.whole"},
        "made.absolute": {"made.typed"},
    }


def test_a_circle_is_named(tmp_path: Path) -> None:
    """The modules of a circle come in the order in which they import each other."""
    files = {
        "__init__.py": "from .a import f as f\n",
        "a.py": "from . import b\n",
        "b.py": "def late():\n    from .c import g\n",
        "c.py": "if TYPE_CHECKING:\n    from . import f\n",
    }
    circle = ImportGraph(written(tmp_path, files)).circle()
    assert circle[0] == circle[-1]
    assert {*pairwise(circle)} == {("made.a", "made.b"), ("made.b", "made.c"), ("made.c", "made.a")}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_over_others(package: str) -> None:
    """There is no circle: every module can be read, tested and copied with what stands below it."""
    graph = ImportGraph(ROOT / package)
    assert sum(map(len, graph.imports.values())) > len(graph.imports), "the imports are seen"
    circle = graph.circle()
    assert not circle, " imports ".join(circle)
