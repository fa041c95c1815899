"""Docstrings of installed libraries, read from their source files by `ast`: nothing is imported."""

import ast
import hashlib
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

SKIPPED = frozenset({"tests", "test", "testing", "_vendor", "vendor", "externals"})  # other libraries' sources, or few
MASK = "library"  # in the place of a library's name


def packages() -> list[Path]:
    """Folders of installed packages."""
    places = [Path(place) for place in sys.path if Path(place).name in ("site-packages", "dist-packages")]
    found = [init.parent for place in places for init in sorted(place.glob("*/__init__.py"))]
    return list({folder.name: folder for folder in reversed(found)}.values())  # the first of a name is imported


def sources(folder: Path) -> list[Path]:
    """Source files of a package in an order that is the same everywhere, and no more by subject than by chance."""
    files = [file for file in folder.rglob("*.py") if not SKIPPED.intersection(file.relative_to(folder).parts)]
    return sorted(files, key=lambda file: digest(file.relative_to(folder).as_posix()))


def digest(text: str) -> str:
    """Digits that look random, and are always the same for a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def docstrings(file: Path) -> list[tuple[str, str]]:
    """Names and docstrings of a source file's module, classes and functions; none if Python cannot read it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # about escapes in other people's strings
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    return [(name, text) for name, node in definitions(tree, "") if (text := ast.get_docstring(node))]


Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def definitions(node: Definition, name: str) -> Iterator[tuple[str, Definition]]:
    """A module, class or function, and those that are defined in it, with their dotted names."""
    yield name, node
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from definitions(child, f"{name}.{child.name}".lstrip("."))


def names_of(libraries: Sequence[str]) -> re.Pattern[str]:
    """What finds the libraries' names in texts, also those by which they are installed (`scikit-learn`)."""
    installed = packages_distributions()
    names = {name.lower() for library in libraries for name in (library, *installed.get(library, ()))}
    words = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    # `torch.nn`, `torch_function` and PyTorch, but not the `pip` of a pipeline.
    return re.compile(rf"(?<![a-z0-9])(?:py)?(?:{words})(?![a-z])", re.IGNORECASE)


def mask(text: str, names: re.Pattern[str]) -> str:
    """A docstring on one line, without the names of libraries: the answer should not stand in the question."""
    return names.sub(MASK, " ".join(text.split()))
