"""Decides what a project is made of: its options' values, its layers, and who owns each file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..errors import TemplateError, UsageError
from ..template.conflicts import refuse_clashes
from ..template.contribution import REQUIREMENT_KEYS, Contribution, Scalar
from ..template.layer import Layer, without_jinja
from ..template.resolution import Resolution
from .dependencies import refuse_hiding
from .names import ProjectName

OWN_FOLDERS = (PurePosixPath(".scaffold"), PurePosixPath("src/project_name/runtime"))
"""Where the generator itself writes."""
TESTS = PurePosixPath("tests")
"""Whose modules pytest imports by their file's name alone."""


@dataclass(frozen=True)
class Dependencies:
    """Requirements for the generated `pyproject.toml`, sorted.

    Attributes:
        runtime: for running the project.
        dev: for working on it.
        extras: of each optional group, by its name.
    """

    runtime: list[str]
    dev: list[str]
    extras: Mapping[str, list[str]]


@dataclass(frozen=True)
class Plan:
    """All that rendering needs.

    Attributes:
        name: of the project.
        resolution: its template, options and layers.
        files: path in the template to bytes, mode and owning layer.
        slots: the lists that the layers fill.
        values: every scalar of the layers, as the highest of them has it.
        dependencies: requirements for the generated `pyproject.toml`.
    """

    name: ProjectName
    resolution: Resolution
    files: Mapping[PurePosixPath, tuple[bytes, int, str]]
    slots: Mapping[str, list[Any]]
    values: Mapping[str, Scalar]
    dependencies: Dependencies


def make_plan(resolution: Resolution, name: ProjectName) -> Plan:
    """The plan of a project.

    Raises:
        UsageError: answers and defaults do not go together, or the project has the name of something that it
            depends on.
        TemplateError: two layers write one file without saying so.
    """
    refuse_clashes(resolution)
    slots: dict[str, list[Any]] = {}
    values: dict[str, Scalar] = {}
    for _, adds in resolution.contributions:
        values |= adds.values
        for slot, entries in adds.slots.items():
            slots.setdefault(slot, []).extend(entries)
    dependencies = _dependencies(adds for _, adds in resolution.contributions)
    refuse_hiding(name, resolution.requirements)
    files = _own(resolution.layers)
    _refuse_hiding_tests(name, files)
    return Plan(
        name=name,
        resolution=resolution,
        files=files,
        slots=slots,
        values=values,
        dependencies=dependencies,
    )


def _dependencies(contributions: Iterable[Contribution]) -> Dependencies:
    """All requirements of each kind and of each optional group, each once."""
    kinds: dict[str, set[str]] = {kind: set() for kind in REQUIREMENT_KEYS}
    extras: dict[str, set[str]] = {}
    for adds in contributions:
        for kind, requirements in adds.requirements.items():
            kinds[kind].update(requirements)
        for group, requirements in adds.extras.items():
            extras.setdefault(group, set()).update(requirements)
    return Dependencies(
        runtime=_sorted(kinds["runtime"]),
        dev=_sorted(kinds["dev"]),
        extras={group: _sorted(extras[group]) for group in sorted(extras)},
    )


def _sorted(requirements: Iterable[str]) -> list[str]:
    return sorted(requirements, key=str.lower)


def _refuse_hiding_tests(name: ProjectName, files: Iterable[PurePosixPath]) -> None:
    """By pytest `tests/conftest.py` is imported as `conftest`: of two such modules the tests get the wrong one."""
    hidden = [path for path in files if path.parent == TESTS and without_jinja(path).stem == name.package]
    if hidden:
        raise UsageError(
            f"A project cannot be called '{name.project}': pytest would take it for '{without_jinja(hidden[0])}'.",
            f"'{name.project}-project' would do.",
        )


def _own(layers: Iterable[Layer]) -> dict[PurePosixPath, tuple[bytes, int, str]]:
    """Who writes which file: of two, the one that replaces the other."""
    files: dict[PurePosixPath, tuple[bytes, int, str]] = {}
    written: dict[PurePosixPath, PurePosixPath] = {}
    for layer in layers:
        for path, (content, mode) in layer.files.items():
            target = without_jinja(path)
            _check_place(target, layer)
            if target in written:
                owner = files.pop(written[target])[2]
                _check_replaced(target, owner, layer)
            written[target] = path
            files[path] = (content, mode, layer.id)
    for target in written:
        for folder in target.parents:
            if folder in written:
                raise TemplateError(f"'{folder}' is a file, and '{target}' lies in it.", "Rename one of them.")
    return files


def _check_place(target: PurePosixPath, layer: Layer) -> None:
    for folder in OWN_FOLDERS:
        if target == folder or folder in target.parents:
            raise TemplateError(
                f"Layer '{layer.id}' writes '{target}', and '{folder}' belongs to the generator.", "Move the file."
            )


def _check_replaced(target: PurePosixPath, owner: str, layer: Layer) -> None:
    if owner == layer.id:
        raise TemplateError(
            f"Layer '{layer.id}' has '{target}' twice, once to be rendered.", "Remove one of the files."
        )
    if str(target) not in layer.replaces:
        raise TemplateError(
            f"Layers '{owner}' and '{layer.id}' both write '{target}'.",
            f"If '{layer.id}' means it, list the path under `replaces` in its layer.toml.",
        )
