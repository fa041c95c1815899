"""Copies into a project the runtime modules that it uses, and those that they use, and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from ..errors import TemplateError, did_you_mean
from .imports import import_statements, rewrite_doctests, rewrite_imports
from .project import ProjectFile
from .runtime_source import RUNTIME, closure, is_module, module_names, runtime_names

PLACEHOLDER = "project_name"
"""What templates call the project's package in absolute imports, as in its tests."""

FOLDER = "runtime"
"""Where in the package the runtime is."""


def rewrite(
    files: Mapping[PurePosixPath, ProjectFile], package: str
) -> tuple[dict[PurePosixPath, ProjectFile], set[str]]:
    """The files with their imports rewritten, and the runtime's modules that they need.

    Raises:
        TemplateError: a file is no Python, or imports from the runtime what it does not have.
    """
    home = _home(package)
    needed: set[str] = set()
    result = dict(files)
    for path, file in files.items():
        if path.suffix == ".py":
            source, tree = _parsed(path, file)
            needed |= _needed(tree, path, file)
            if home in path.parents:
                _check_bound(tree, path, file)
            content = rewrite_imports(source, lambda module, at=path: _renamed(module, at, home), tree=tree)
            result[path] = replace(file, content=content.encode())
    return result, needed


def rooted_modules(roots: Mapping[str, str]) -> set[str]:
    """The runtime's modules that a project has in any case.

    Args:
        roots: their names within the runtime, each with who asks for it, such as "Layer 'backends/xla'".

    Raises:
        TemplateError: there is no such module.
    """
    found: set[str] = set()
    for name, author in roots.items():
        if not is_module(f"{RUNTIME}.{name}"):
            hint = f"{did_you_mean(name, module_names())}`runtime` names modules such as `distributed.launcher`."
            raise TemplateError(f"{author} roots the runtime module '{name}', which there is not.", hint)
        found.add(f"{RUNTIME}.{name}")
    return found


def runtime_files(needed: Iterable[str], package: str) -> dict[PurePosixPath, ProjectFile]:
    """The needed modules of the runtime, and those that they need, in `src/<package>/runtime/`."""
    home = _home(package)
    result: dict[PurePosixPath, ProjectFile] = {}
    for module, source in closure(needed).items():
        content = rewrite_doctests(source, lambda module: _renamed(module, PurePosixPath(), home))
        result[home / FOLDER / module] = ProjectFile(content.encode(), 0o644, FOLDER)
    return result


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


def _needed(tree: ast.Module, path: PurePosixPath, file: ProjectFile) -> set[str]:
    """The runtime's modules that a file imports."""
    try:
        return runtime_names(tree)
    except TemplateError as error:
        raise TemplateError(f"'{path}' of layer '{file.layer}': {error.message}", error.hint) from None


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
