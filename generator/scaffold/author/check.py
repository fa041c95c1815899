"""Looks at every project that a template can make: whether it renders and is clean, and what is unused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ..build.format import format_files
from ..build.names import project_name
from ..build.project import Origin, Project, ProjectFile
from ..build.render import render
from ..build.runtime_source import own_runtime
from ..build.vendor import rewrite, rooted_modules, runtime_files
from ..errors import ScaffoldError
from ..life.finish import finish
from ..template.catalog import Catalog
from ..template.combinations import Answers, combinations
from ..template.resolution import Resolution
from ..template.resolve import resolve

NAME = "some-project"
DELIMITERS = ("{{ ", " }}", "{% ", " %}", "{#", "#}")
PLACEHOLDERS = ("project_name", "scaffold_runtime")
TEXTS = (".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".cfg", ".txt", ".html")
"""Where what only templates have is looked for."""


@dataclass(frozen=True)
class Fault:
    """Something that its author can mend.

    Attributes:
        kind: `render`, `leftover`, `lint`, `types` or `unused`.
        message: what it is, and where.
        answers: that show it; the defaults if empty.
    """

    kind: str
    message: str
    answers: Answers = field(default_factory=dict[str, Any])


class Version(NamedTuple):
    """One of the contents that a file has, and answers that lead to it."""

    file: ProjectFile
    answers: Answers


Versions = Mapping[PurePosixPath, Mapping[bytes, Version]]


@dataclass
class Checked:
    """What came of looking at one template.

    Attributes:
        template: its id.
        count: projects that were rendered.
        versions: the different contents of each file that is not the runtime's.
        layers: that some project has.
        faults: what is wrong.
    """

    template: str
    count: int = 0
    versions: dict[PurePosixPath, dict[bytes, Version]] = field(
        default_factory=dict[PurePosixPath, dict[bytes, Version]]
    )
    layers: set[str] = field(default_factory=set[str])
    faults: list[Fault] = field(default_factory=list[Fault])


def check_template(catalog: Catalog, template: str, tick: Callable[[str], None]) -> Checked:
    """Renders a template in every combination of its options, and looks at all files that there are.

    Args:
        catalog: its layers.
        template: its id.
        tick: told how far it is.
    """
    checked = Checked(template)
    rows = combinations(catalog, template)
    digests: list[tuple[Mapping[str, Any], str]] = []
    maker = _Maker()
    for number, answers in enumerate(rows):
        tick(f"{template}, {number + 1} of {len(rows)}")
        try:
            resolution = resolve(catalog, template, answers)
            own = maker.own_files(resolution)
        except ScaffoldError as error:
            if error.message not in {fault.message for fault in checked.faults}:
                checked.faults.append(Fault("render", error.message, answers))
            continue
        checked.count += 1
        checked.layers |= {layer.id for layer in resolution.layers}
        for path, file in own.items():
            checked.versions.setdefault(path, {}).setdefault(file.content, Version(file, answers))
        digests.append((resolution.answers, _digest(own)))
    checked.faults += [*_left_over(checked.versions), *_lint(checked.versions)]
    checked.faults += _options_that_change_nothing(catalog, template, digests)
    return checked


def make_unformatted(resolution: Resolution) -> Project:
    """A project with its parts of the runtime, as its template has it: nothing has laid it out."""
    name = project_name(NAME)
    origin = Origin(name, resolution.template, resolution.answers)
    return finish(render(resolution, name), origin, roots=resolution.runtime, formatter=dict)


def unused(catalog: Catalog, checked: Iterable[Checked]) -> Iterator[Fault]:
    """Layers and files of a catalog that no project of its templates has; told once all of them render.

    Args:
        catalog: the author's own.
        checked: all of its templates.
    """
    checked = list(checked)
    if any(fault.kind == "render" for each in checked for fault in each.faults):
        return
    layers = {layer for each in checked for layer in each.layers}
    versions = [version for each in checked for contents in each.versions.values() for version in contents.values()]
    sources = {version.file.source for version in versions}
    for layer_id in catalog.ids:
        if layer_id not in layers:
            yield Fault("unused", f"No template has the layer '{layer_id}'.")
            continue
        for path in catalog.layer(layer_id).files:
            if f"{layer_id}/files/{path}" not in sources:
                yield Fault("unused", f"No project has '{layer_id}/files/{path}': a layer above always replaces it.")


class _Maker:
    """Makes many projects; modules of the runtime that were looked at together once are not looked at again."""

    def __init__(self) -> None:
        self._runtime = own_runtime()
        self._known: set[frozenset[str]] = set()

    def own_files(self, resolution: Resolution) -> dict[PurePosixPath, ProjectFile]:
        """A project's files but for the runtime's, whose modules have to be there."""
        name = project_name(NAME)
        files, needed = rewrite(render(resolution, name), name.package, self._runtime)
        modules = frozenset(needed | rooted_modules(resolution.runtime, self._runtime))
        if modules not in self._known:
            runtime_files(modules, name.package, self._runtime)
            self._known.add(modules)
        return files


def _digest(files: Mapping[PurePosixPath, ProjectFile]) -> str:
    total = hashlib.sha256()
    for path, file in files.items():
        total.update(repr((str(path), file.mode, file.content)).encode())
    return total.hexdigest()


def _left_over(versions: Versions) -> Iterator[Fault]:
    """Words that only templates have."""
    for path, contents in versions.items():
        for content, version in contents.items() if path.suffix in TEXTS else ():
            text = content.decode(errors="replace").replace("project_name=", "")  # a keyword of trackers' clients
            for word in DELIMITERS + (PLACEHOLDERS if path.suffix in (".py", ".toml") else ()):
                if word in text:
                    line = text[: text.index(word)].count("\n") + 1
                    yield Fault("leftover", f"'{path}', line {line}, has `{word.strip()}`.", version.answers)


def _lint(versions: Versions) -> Iterator[Fault]:
    """What ruff says of any version of any file, by the projects' own settings."""
    settings = {path: next(iter(contents.values())) for path, contents in versions.items() if path.suffix == ".toml"}
    pool = {path: version.file for path, version in settings.items()}
    for path, contents in versions.items():
        for number, version in enumerate(contents.values() if path.suffix == ".py" else ()):
            folder = PurePosixPath(f"version-{number}")
            pool |= {folder / path: version.file} | {folder / place: each.file for place, each in settings.items()}
    try:
        format_files(pool)
    except ScaffoldError as error:
        yield Fault("lint", re.sub(r"version-\d+/", "", f"{error.message} {error.hint or ''}".strip()))


def _options_that_change_nothing(
    catalog: Catalog, template: str, digests: Iterable[tuple[Mapping[str, Any], str]]
) -> Iterator[Fault]:
    """Options of the author's that are read, and yet make no difference to any project."""
    for option in (option for layer_id in catalog.ids for option in catalog.layer(layer_id).options):
        alike: dict[str, dict[str, str]] = {}  # by the other answers: what each answer leads to
        for answers, digest in digests:
            if option.name in answers:
                others = repr({name: value for name, value in answers.items() if name != option.name})
                alike.setdefault(others, {})[repr(answers[option.name])] = digest
        compared = [found for found in alike.values() if len(found) > 1]
        if compared and all(len(set(found.values())) == 1 for found in compared):
            yield Fault("unused", f"The option '{option.name}' changes no file of '{template}'.")
