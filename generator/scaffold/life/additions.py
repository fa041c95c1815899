"""What can be added to a project and taken away again: choices of its template's options, and the runtime's own.

A choice (`logger tensorboard`) brings what its layers bring. A metric or handler that no option offers is a module of
the runtime: it comes with the modules that it needs, and its owner imports it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..build.runtime_source import RUNTIME, own_runtime
from ..errors import UsageError, unknown
from ..template.options import Option
from ..template.resolution import Resolution
from .record import Record

CATALOGUES: Mapping[str, str] = {"metric": "metrics", "handler": "handlers"}
"""Packages of the runtime whose names can be added."""
LISTING = "`scaffold add` shows what there is."


@dataclass(frozen=True)
class Addition:
    """Something that a project can have.

    Attributes:
        kind: `logger`, `backend`, `metric`, `extra`, `handler`.
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
    """What a project is asked to become: new answers, and modules of the runtime that it has in any case."""

    answers: Mapping[str, Any]
    added: Sequence[str]


def additions(resolution: Resolution, record: Record) -> list[Addition]:
    """All that a project can have."""
    return [*_choices(resolution), *_of_the_runtime(record)]


def find_addition(kind: str, name: str, known: Sequence[Addition]) -> Addition:
    """The addition of this kind and name; of two that are called so, the one that an option offers.

    Raises:
        UsageError: there is none.
    """
    kinds = dict.fromkeys(each.kind for each in known)
    if kind not in kinds:
        raise unknown("kind of addition", kind, kinds, listing=f"It is one of {', '.join(kinds)}.")
    names = {each.name: each for each in reversed(known) if each.kind == kind}
    if name not in names:
        raise unknown(kind, name, names, listing=f"`scaffold add {kind}` shows what there is.")
    return names[name]


def with_addition(addition: Addition, resolution: Resolution, record: Record) -> Asked:
    """What a project with the addition is made of; one that is there changes nothing."""
    option, added = addition.option, record.origin.added
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
    if not addition.is_there:
        raise UsageError(f"The project has no {addition.kind} '{addition.name}' that was added.", LISTING)
    if option is None:
        return Asked({}, tuple(module for module in added if module != addition.module))
    return Asked({option.name: [each for each in resolution.values[option.name] if each != addition.name]}, added)


def _choices(resolution: Resolution) -> list[Addition]:
    """The choices of the options that take several."""
    return [
        Addition(
            kind=option.flag or option.name.removesuffix("s"),
            name=choice.name,
            help=choice.help,
            is_there=choice.name in resolution.values[option.name],
            option=option,
        )
        for option in resolution.options
        if option.kind == "multi-choice"
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


def explained(addition: Addition) -> str:
    """A line about it: the choice's, or the first of what a class of the runtime says of itself."""
    if not addition.module:
        return addition.help
    tree = ast.parse(own_runtime().source(f"{RUNTIME}.{addition.module}"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == addition.name:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    return ""
