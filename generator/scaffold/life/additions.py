"""What can be added to a project and taken away again: choices of its template's options, and the runtime's own.

A choice (`logger tensorboard`) brings what its layers bring. A metric or handler that no option offers is a module of
the runtime: it comes with the modules that it needs, and its owner imports it. A file of the templates that its owner
has deleted comes back as it would be made now.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..build.runtime_source import RUNTIME, own_runtime
from ..errors import UsageError, unknown
from ..template.layer import without_jinja
from ..template.options import Option
from ..template.resolution import Resolution
from .record import Record
from .revision import InProject, path_in_project

CATALOGUES: Mapping[str, str] = {"metric": "metrics", "handler": "handlers"}
"""Packages of the runtime whose names can be added."""
FILE = "template-file"
"""The kind of what an owner has deleted; its name is the path."""
LISTING = "`scaffold add` shows what there is."


@dataclass(frozen=True)
class Addition:
    """Something that a project can have.

    Attributes:
        kind: `logger`, `backend`, `metric`, `extra`, `handler`, `template-file`.
        name: what it is called.
        help: a line about a choice; see `explained`.
        is_there: whether the project has it.
        option: the option whose choice it is; None for a module of the runtime.
        module: that of the runtime; empty for a choice.
    """

    kind: str
    name: str
    help: str
    is_there: bool
    option: Option | None = None
    module: str = ""


@dataclass(frozen=True)
class Asked:
    """What a project is asked to become.

    Attributes:
        answers: new ones.
        added: modules of the runtime that it has in any case.
        files: that its owner has deleted, and that come back.
    """

    answers: Mapping[str, Any]
    added: Sequence[str]
    files: Sequence[PurePosixPath] = ()


def additions(resolution: Resolution, before: InProject) -> list[Addition]:
    """All that a project can have."""
    return [*_choices(resolution), *_of_the_runtime(before.record), *_deleted(before)]


def find_addition(kind: str, name: str, resolution: Resolution, before: InProject) -> Addition:
    """The addition of this kind and name; of two that are called so, the one that an option offers.

    Raises:
        UsageError: there is none.
    """
    known = additions(resolution, before)
    kinds = dict.fromkeys(each.kind for each in known)
    if kind == FILE:
        return _find_file(name, known, resolution, before)
    if kind not in kinds:
        raise unknown("kind of addition", kind, kinds, listing=f"It is one of {', '.join(kinds)}.")
    names = {each.name: each for each in reversed(known) if each.kind == kind}
    if name not in names:
        raise unknown(kind, name, names, listing=f"`scaffold add {kind}` shows what there is.")
    return names[name]


def with_addition(addition: Addition, resolution: Resolution, record: Record) -> Asked:
    """What a project with the addition is made of; one that is there changes nothing."""
    option, added = addition.option, record.origin.added
    if addition.kind == FILE:
        return Asked({}, added, () if addition.is_there else (PurePosixPath(addition.name),))
    if option is None:
        return Asked({}, tuple(dict.fromkeys([*added, addition.module])))
    current = resolution.values[option.name]
    return Asked({option.name: [*current, *([] if addition.name in current else [addition.name])]}, added)


def without_addition(addition: Addition, resolution: Resolution, record: Record) -> Asked:
    """What a project without the addition is made of.

    Raises:
        UsageError: it is not there, or nobody added it.
    """
    option, added = addition.option, record.origin.added
    if addition.kind == FILE:
        raise UsageError("A file of the templates is removed by deleting it.", "No update brings it back.")
    if not addition.is_there:
        raise UsageError(f"The project has no {addition.kind} '{addition.name}' that was added.", LISTING)
    if option is None:
        return Asked({}, tuple(module for module in added if module != addition.module))
    return Asked({option.name: [each for each in resolution.values[option.name] if each != addition.name]}, added)


def _choices(resolution: Resolution) -> list[Addition]:
    """The choices of the options that take several."""
    return [
        Addition(
            kind=kind,
            name=choice.name,
            help=choice.help,
            is_there=choice.name in resolution.values[option.name],
            option=option,
        )
        for option in resolution.options
        if (kind := _kind(option))
        for choice in option.choices
    ]


def _of_the_runtime(record: Record) -> list[Addition]:
    runtime, added = own_runtime(), record.origin.added
    return [
        Addition(kind, name, "", module in added, module=module)
        for kind, package in CATALOGUES.items()
        for name, module in sorted(runtime.catalogue(package).items())
        if name[0].isupper() and not name.startswith("Base") and not name.endswith(("Error", "Events"))
    ]


def _deleted(before: InProject) -> list[Addition]:
    """The files that were made and that are not there, whatever they are called now."""
    gone = [path for path in before.record.files if path not in before.theirs and path not in before.renamed]
    return [Addition(FILE, str(path), "you deleted it", False) for path in sorted(gone)]


def _find_file(name: str, known: Sequence[Addition], resolution: Resolution, before: InProject) -> Addition:
    path = str(PurePosixPath(name))
    names = {each.name: each for each in known if each.kind == FILE}
    if path in names:
        return names[path]
    if path in map(str, before.record.files):
        return Addition(FILE, path, "", is_there=True)
    if brings := _brought_by(path, resolution, before.package):
        raise UsageError(f"'{path}' is of a part that the project does not have.", f"`{brings}` brings it.")
    listing = f"It lacks {', '.join(names)}." if names else "It has all of them."
    raise unknown("file of the templates", path, names, listing=listing)


def _brought_by(path: str, resolution: Resolution, package: str) -> str | None:
    """The command that brings a part with this file."""
    for option in resolution.options:
        kind = _kind(option)
        parts = [
            (choice.layers, f"add {kind} {choice.name}" if kind else f"set {option.name}={choice.name}")
            for choice in option.choices
        ]
        for layer_ids, command in [*parts, (option.layers, f"set {option.name}=yes")]:
            files = [each for layer_id in layer_ids for each in resolution.catalog.layer(layer_id).files]
            if path in [str(path_in_project(without_jinja(each), package)) for each in files]:
                return f"scaffold {command}"
    return None


def _kind(option: Option) -> str | None:
    """What is said of an option's choices, if it takes several."""
    return (option.flag or option.name.removesuffix("s")) if option.kind == "multi-choice" else None


def explained(addition: Addition) -> str:
    """A line about it: the choice's, or the first of what a class of the runtime says of itself."""
    if not addition.module:
        return addition.help
    tree = ast.parse(own_runtime().source(f"{RUNTIME}.{addition.module}"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == addition.name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""
