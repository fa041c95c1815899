"""What a shell completes in a project: parts to add or remove, its files, and the options of its own template.

A shell shows no errors amid what is typed: where the project cannot be read, nothing is completed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import typer

from ..errors import ScaffoldError
from .project_folder import find_project

MOST_EXPLAINED = 20
"""Completions that are explained; a class is explained by its docstring, which has to be parsed."""

Words = list[tuple[str, str]]
"""Completions and what each means."""


def complete_kind(context: typer.Context, incomplete: str) -> Words:
    """The kinds of additions that begin so."""
    kinds = dict.fromkeys(kind for kind, _, _ in _additions(context, incomplete="", explains=False))
    return [(kind, "") for kind in kinds if kind.startswith(incomplete)]


def complete_name(context: typer.Context, incomplete: str) -> Words:
    """The names that can be added, or removed, of the kind that is said."""
    found = _additions(context, kind=context.params.get("kind"), incomplete=incomplete)
    return [(name, help) for _, name, help in found]


def complete_file(context: typer.Context, incomplete: str) -> Words:
    """The files of the project that begin so, from the current folder; those of the runtime once it is named."""
    from ..life.record import recall

    with suppress(ScaffoldError, OSError):
        folder = _folder(context)
        is_named = context.params.get("project") is not None  # then the project's own paths are said
        paths = [str(path) if is_named else os.path.relpath(folder / path) for path in recall(folder).files]
        shown = [path for path in paths if "/runtime/" not in path or "/runtime" in incomplete]
        return [(path, "") for path in sorted(shown) if path.startswith(incomplete)]
    return []


def own_template(context: typer.Context) -> str | None:
    """The template that is named; else, for a command about a project, the one that it was made of."""
    from ..life.record import recall

    if (named := context.params.get("template")) is not None or context.info_name != "set":
        return named
    with suppress(ScaffoldError, OSError):
        return recall(_folder(context)).origin.template
    return None


def _folder(context: typer.Context) -> Path:
    project = context.params.get("project")
    return find_project(Path(project).expanduser() if project else None)


def _additions(
    context: typer.Context, *, incomplete: str, kind: str | None = None, explains: bool = True
) -> list[tuple[str, str, str]]:
    """Kind, name and meaning of what the command could be about: what is there can be removed, the rest added."""
    from ..life.additions import additions, explained
    from ..life.record import recall, resolve_again
    from ..life.revision import look_at
    from ..template.catalog import load_catalog

    folder, templates = _folder(context), context.params.get("templates")
    try:
        before = look_at(folder, recall(folder))
        catalog = load_catalog(Path(templates).expanduser() if templates else None)
        known = additions(resolve_again(before.record, catalog, folder), before)
    except (ScaffoldError, OSError):
        return []
    wanted = [each for each in known if each.is_there == (context.info_name == "remove")]
    wanted = [each for each in wanted if kind in (None, each.kind) and each.name.startswith(incomplete)]
    explains = explains and len(wanted) <= MOST_EXPLAINED
    return [(each.kind, each.name, explained(each) if explains else each.help) for each in wanted]
