"""Copies into a project the runtime modules that it uses, and those that they use, and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ..errors import TemplateError, did_you_mean
from .imports import ImportStatement, import_statements, read_imports, rewrite_doctests, rewrite_imports
from .names import hidden_module
from .project import RUNTIME_LAYER, ProjectFile
from .runtime_source import RUNTIME, RuntimeSource

PLACEHOLDER = "project_name"
"""What templates call the project's package in absolute imports, as in its tests."""

FOLDER = "runtime"
"""Where in the package the runtime is."""


def rewrite(
    files: Mapping[PurePosixPath, ProjectFile], package: str, runtime: RuntimeSource
) -> tuple[dict[PurePosixPath, ProjectFile], set[str]]:
    """The files with their imports rewritten, and the runtime's modules that they need.

    A file that no layer owns is the project owner's: it goes as it is, and decides nothing.

    Raises:
        UsageError: a file imports a library that the project's package would hide.
        TemplateError: a file is no Python, or imports from the runtime what it does not have.
    """
    home = _home(package)
    needed: set[str] = set()
    result = dict(files)
    for path, file in files.items():
        if path.suffix == ".py" and file.layer:
            source, tree = _parsed(path, file)
            needed |= _needed(tree, path, file, runtime, home)
            if home in path.parents:
                _check_bound(tree, path, file)
            content = rewrite_imports(source, lambda module, at=path: _renamed(module, at, home), tree=tree)
            result[path] = replace(file, content=content.encode())
    return result, needed


def rooted_modules(roots: Mapping[str, str], runtime: RuntimeSource) -> set[str]:
    """The runtime's modules that a project has in any case.

    Args:
        roots: their names within the runtime, each with who asks for it, such as "Layer 'backends/xla'".
        runtime: where they are.

    Raises:
        TemplateError: there is no such module.
    """
    for name, author in roots.items():
        if not runtime.has_module(f"{RUNTIME}.{name}"):
            meant = did_you_mean(name, runtime.module_names())
            hint = f"{meant}`runtime` names modules such as `distributed.launcher`."
            raise TemplateError(f"{author} roots the runtime module '{name}', which there is not.", hint)
    return {f"{RUNTIME}.{name}" for name in roots}


def runtime_files(needed: Iterable[str], package: str, runtime: RuntimeSource) -> dict[PurePosixPath, ProjectFile]:
    """The needed modules of the runtime, and those that they need, in `src/<package>/runtime/`.

    Raises:
        UsageError: the project's package hides a module that they import.
    """
    home = _home(package)
    modules = runtime.closure(needed)
    for library in sorted(runtime.libraries(modules)):
        _check_hidden(library, package)
    result: dict[PurePosixPath, ProjectFile] = {}
    for module, source in runtime.files(modules).items():
        content = rewrite_doctests(source, lambda module: _moved(module, PurePosixPath(), home))
        result[home / FOLDER / module] = ProjectFile(content.encode(), 0o644, RUNTIME_LAYER)
    return result


def runtime_imports(
    tree: ast.Module, path: PurePosixPath, package: str, runtime: RuntimeSource
) -> list[ImportStatement]:
    """The imports of a project's file; what it imports of the copied runtime is called as in the runtime itself."""
    home = _home(package)
    is_inside = home in path.parents
    module = ".".join([*path.parent.relative_to("src").parts, path.stem]) if is_inside else ""
    copied = f"{package}.{FOLDER}"
    statements = read_imports(tree, module, may_be_namespace=lambda name: runtime.has_package(_original(name, copied)))
    return [each._replace(source=_original(each.source, copied)) for each in statements]


def _home(package: str) -> PurePosixPath:
    return PurePosixPath("src") / package


def _parsed(path: PurePosixPath, file: ProjectFile) -> tuple[str, ast.Module]:
    try:
        source = file.content.decode()
        return source, ast.parse(source)
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        message = f"'{path}' of layer '{file.layer}'{line}: {error.msg}."
        raise TemplateError(message, "Mend the Python there.") from None
    except UnicodeDecodeError:
        raise TemplateError(f"'{path}' of layer '{file.layer}' is not UTF-8.", "Save it as UTF-8.") from None


def _needed(
    tree: ast.Module, path: PurePosixPath, file: ProjectFile, runtime: RuntimeSource, home: PurePosixPath
) -> set[str]:
    """The runtime's modules that a file imports, by the runtime's own name or where they are in the project."""
    try:
        return runtime.modules_of(runtime_imports(tree, path, home.name, runtime))
    except TemplateError as error:
        raise TemplateError(f"'{path}' of layer '{file.layer}': {error.message}", error.hint) from None


def _original(source: str, copied: str) -> str:
    """The runtime's name of a module that a project's file imports from the copy."""
    for place in (copied, f"{PLACEHOLDER}.{FOLDER}"):
        if source == place or source.startswith(f"{place}."):
            return RUNTIME + source.removeprefix(place)
    return source


def _check_bound(tree: ast.Module, path: PurePosixPath, file: ProjectFile) -> None:
    """Refuses `import scaffold_runtime.engine` where the import becomes relative, which needs a name to bind."""
    for node in import_statements(tree):
        for alias in node.names if isinstance(node, ast.Import) else []:
            if alias.asname is None and alias.name.split(".")[0] == RUNTIME:
                raise TemplateError(
                    f"'{path}' of layer '{file.layer}', line {node.lineno}: `import {alias.name}` binds no name.",
                    f"Write `import {alias.name} as ...`, or `from ... import ...`.",
                )


def _renamed(module: str, path: PurePosixPath, home: PurePosixPath) -> str | None:
    """The new name of an absolute import in the file at `path`."""
    _check_hidden(module.partition(".")[0], home.name)
    return _moved(module, path, home)


def _check_hidden(library: str, package: str) -> None:
    """Refuses a package of a library's name: what imports the one would get the other.

    Layers and the runtime call the project's own package otherwise, so an import of this name is a library's.
    """
    if library.lower() == package:
        raise hidden_module(package, library)


def _moved(module: str, path: PurePosixPath, home: PurePosixPath) -> str | None:
    root, _, rest = module.partition(".")
    if root == PLACEHOLDER:
        return f"{home.name}.{rest}" if rest else home.name
    if root != RUNTIME:
        return None
    tail = f"{FOLDER}.{rest}" if rest else FOLDER
    if home not in path.parents:
        return f"{home.name}.{tail}"
    depth = len(path.parent.relative_to(home).parts)
    return "." * (depth + 1) + tail
