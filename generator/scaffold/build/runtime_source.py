"""The runtime as text: which module defines a name, and which modules a module needs.

`scaffold_runtime` is never imported. Its packages' `__init__.py` are lists of names, so a name leads to
the one module that defines it, and a project needs that module and not the package around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from ..errors import TemplateError, did_you_mean
from .imports import ImportStatement, imported_names
from .runtime_index import Index, own_index

RUNTIME = "scaffold_runtime"


class RuntimeSource:
    """The runtime's files below a folder; each is read when it is first needed.

    Args:
        root: the folder of the package.
        index: what is known of the files' imports; a file that it does not know is parsed.
    """

    def __init__(self, root: Path, index: Index | None = None) -> None:
        self._root = root
        self._index = index or Index()
        self._sources: dict[str, str] = {}
        self._imports: dict[str, Sequence[ImportStatement]] = {}
        self._lists: dict[str, dict[str, str]] = {}
        self._files = dict(_files_below(root))

    def modules_of(self, statements: Iterable[ImportStatement]) -> set[str]:
        """The runtime's modules that the imports of a file need.

        Raises:
            TemplateError: it imports what the runtime does not have.
        """
        names = imported_names(statements, is_namespace=lambda name: self._kind(name) == "package")
        modules = (self._defining_module(name) for name in names if is_of_runtime(name))
        return {module for module in modules if module is not None}

    def closure(self, modules: Iterable[str]) -> set[str]:
        """The modules and all that they need."""
        found: set[str] = set()
        waiting = list(modules)
        while waiting:
            module = waiting.pop()
            if module not in found:
                found.add(module)
                waiting += self.modules_of(self.imports(module))
        return found

    def files(self, modules: set[str]) -> dict[PurePosixPath, str]:
        """The sources of the modules and of the packages around them, whose lists name only what is there."""
        packages = {parent for module in modules for parent in _packages_around(module)}
        sources = {self._files[module]: self.source(module) for module in modules - packages}
        return sources | {self._files[package]: self._shortened(package, modules) for package in packages}

    def libraries(self, modules: Iterable[str]) -> set[str]:
        """The top-level modules of others that these modules import."""
        statements = [statement for module in modules for statement in self.imports(module)]
        names = [statement.source or name for statement in statements for name, _, _ in statement.names]
        return {name.partition(".")[0] for name in names} - {RUNTIME}

    def has_module(self, name: str) -> bool:
        """Whether a dotted name is a module, and no package of them."""
        return self._kind(name) == "module"

    def has_package(self, name: str) -> bool:
        """Whether a dotted name is a package of modules."""
        return self._kind(name) == "package"

    def module_names(self) -> list[str]:
        """All modules, by their dotted names within the runtime."""
        return sorted(name.removeprefix(f"{RUNTIME}.") for name in self._files if self.has_module(name))

    def catalogue(self, package: str) -> dict[str, str]:
        """What a package within the runtime lists: name to the module that defines it, within the runtime."""
        listed = self._exports(f"{RUNTIME}.{package}")
        return {name: module.removeprefix(f"{RUNTIME}.") for name, module in listed.items()}

    def source(self, module: str) -> str:
        """The text of a module, or of a package's `__init__.py`."""
        if module not in self._sources:
            self._sources[module] = (self._root / self._files[module]).read_text(encoding="utf-8")
        return self._sources[module]

    def imports(self, module: str) -> Sequence[ImportStatement]:
        """The imports of a module."""
        if module not in self._imports:
            source = self.source(module)
            self._imports[module] = self._index.imports(module, source, is_package=self._kind(module) == "package")
        return self._imports[module]

    def _exports(self, package: str) -> dict[str, str]:
        """What a package's `__init__.py` lists: name to the module that defines it."""
        if package not in self._lists:
            found: dict[str, str] = {}
            for statement in filter(lambda each: is_of_runtime(each.source), self.imports(package)):
                if self._kind(statement.source) is None:
                    message = f"`{package}` lists what is in `{statement.source}`, which there is not."
                    raise TemplateError(message, "Mend its list.")
                for name, bound, _ in statement.names:
                    module = self._listed(f"{statement.source}.{name}", package)
                    found |= {bound: module} if module else {}
            self._lists[package] = found
        return self._lists[package]

    def _listed(self, name: str, package: str) -> str | None:
        """The module that an entry of a package's list stands for."""
        if name.rpartition(".")[0] == package:  # `from . import xla as xla`
            return name if self.has_module(name) else None
        return self._defining_module(name)

    def _defining_module(self, name: str) -> str | None:
        """The module that a dotted name leads to, through packages by what they list; None for a package itself."""
        module, rest = RUNTIME, name.removeprefix(RUNTIME).removeprefix(".")
        while self._kind(module) == "package" and rest:
            first, _, rest = rest.partition(".")
            inner = f"{module}.{first}"
            if not (rest and self._kind(inner)):  # `spawn.spawn` goes through the module, `spawn` may be the function
                known = self._exports(module)
                if first in known:
                    return known[first]
                if self._kind(inner) is None:
                    hint = f"{did_you_mean(first, known)}It has {', '.join(sorted(known)) or 'no names of its own'}."
                    raise TemplateError(f"`{module}` has no '{first}'.", hint)
            module = inner
        return None if self._kind(module) == "package" else module

    def _shortened(self, package: str, modules: set[str]) -> str:
        """A package's `__init__.py` with the lines whose modules are in the project."""
        lines = self.source(package).splitlines(keepends=True)
        for statement in self.imports(package):
            listed = (self._exports(package).get(bound) for _, bound, _ in statement.names)
            if any(module is not None and module not in modules for module in listed):
                lines[statement.first - 1 : statement.last] = [""] * (statement.last - statement.first + 1)
        return "".join(lines).rstrip() + "\n"

    def _kind(self, name: str) -> str | None:
        """Whether a dotted name is a package, a module or neither."""
        file = self._files.get(name)
        return None if file is None else "package" if file.name == "__init__.py" else "module"


@cache
def own_runtime() -> RuntimeSource:
    """The runtime that comes with this package.

    Raises:
        TemplateError: it is not installed.
    """
    return RuntimeSource(runtime_folder(), own_index())


def runtime_folder() -> Path:
    """Where the runtime is that comes with this package.

    Raises:
        TemplateError: it is not installed.
    """
    spec = find_spec(RUNTIME)  # finds the folder without running it, so torch stays out
    if spec is None or spec.origin is None:
        raise TemplateError(
            f"The package `{RUNTIME}` is not installed.", "It comes with torch-scaffold: install that again."
        )
    return Path(spec.origin).parent


def _files_below(root: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """The dotted names of modules and packages, and where each is written, found in one walk through the folders."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        place = PurePosixPath(folder).relative_to(root)
        for name in (name for name in names if name.endswith(".py")):
            parts = place.parts if name == "__init__.py" else (*place.parts, name.removesuffix(".py"))
            yield ".".join([RUNTIME, *parts]), place / name


def is_of_runtime(name: str) -> bool:
    """Whether a dotted name is the runtime's or within it."""
    return name == RUNTIME or name.startswith(f"{RUNTIME}.")


def _packages_around(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
