"""From rendered files to a whole project in memory: runtime, layout and record. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from ..build.format import format_files
from ..build.names import modules_of, project_name
from ..build.project import Origin, Project, ProjectFile
from ..build.rename import rename_files
from ..build.render import render
from ..build.runtime_source import RuntimeSource, own_runtime
from ..build.vendor import rewrite, rooted_modules, runtime_files
from ..foreign.cookiecutter_session import CookiecutterResolution, recorded_name
from ..foreign.suspicion import check_names
from ..template.catalog import Catalog
from ..template.reachable import possible_requirements
from ..template.resolution import Resolution
from ..template.resolve import resolve
from .record import remember
from .seal import sealed

Files = Mapping[PurePosixPath, ProjectFile]
Formatter = Callable[[Files], Files]


def generate(catalog: Catalog, template: str, name: str, answers: Mapping[str, Any]) -> Project:
    """The project that the answers describe; the same answers give the same bytes.

    Args:
        catalog: where the template is.
        template: its name.
        name: the project's, in either spelling.
        answers: values of options; the rest take their defaults.

    Raises:
        UsageError: the template, the name or an answer is wrong.
        TemplateError: the template's author has something to mend.
    """
    return make_project(resolve(catalog, template, answers), name)


def make_project(
    resolution: Resolution,
    name: str,
    *,
    added: Sequence[str] = (),
    renamed: Mapping[str, str] | None = None,
    deleted: Sequence[str] = (),
    used: Mapping[str, str] | None = None,
) -> Project:
    """The project of what was chosen.

    Args:
        resolution: what was chosen.
        name: the project's, in either spelling.
        added: modules of the runtime that its owner asked for besides.
        renamed: files that its owner calls otherwise.
        deleted: files that its owner has deleted.
        used: modules of the runtime that its owner's own files import, each with who does.

    Raises:
        UsageError: the name is wrong, or what was chosen does not go together.
        TemplateError: the template's author has something to mend.
    """
    source = resolution.catalog.places.get(resolution.template)
    if isinstance(resolution, CookiecutterResolution):  # its layout is its author's
        origin = Origin(
            recorded_name(name),
            resolution.template,
            MappingProxyType(resolution.answers),
            renamed=renamed or {},
            deleted=tuple(deleted),
            source=source,
        )
        return finish(resolution.render(), origin, formatter=lambda files: files)
    requirements = possible_requirements(resolution.catalog, resolution.template)
    spelt = project_name(name, imported=modules_of(requirements))
    answers = MappingProxyType(resolution.answers)
    origin = Origin(
        spelt,
        resolution.template,
        answers,
        added=tuple(added),
        renamed=renamed or {},
        deleted=tuple(deleted),
        source=source,
        made_by=() if source else resolution.catalog.folders(),
    )
    roots = {**dict.fromkeys(added, "`scaffold add`"), **resolution.runtime}
    project = finish(render(resolution, spelt), origin, roots=roots, used=used)
    if source is not None:
        check_names(project.files, source)
    return project


def finish(
    files: Files,
    origin: Origin,
    *,
    roots: Mapping[str, str] | None = None,
    used: Mapping[str, str] | None = None,
    formatter: Formatter = format_files,
    runtime: RuntimeSource | None = None,
) -> Project:
    """A whole project of files, whoever rendered them.

    Args:
        files: by their paths in the project; those without a layer are not looked into.
        origin: how they came to be, for the project's record.
        roots: modules of the runtime that the project has in any case, each with who asks for it.
        used: modules of the runtime that its owner's own files import, each with who does.
        formatter: lays out the files, or refuses them; what was copied of the runtime is formatted as it lies.
        runtime: what is copied from; the installed one if not given.

    Raises:
        UsageError: the project's package hides a module that its files import.
        TemplateError: the template's author has something to mend.
    """
    runtime = runtime or own_runtime()
    package = origin.name.package
    own, needed = rewrite(files, package, runtime)
    own = rename_files(own, origin.renamed)
    needed |= rooted_modules(roots or {}, runtime)
    kept = rooted_modules(used or {}, runtime)
    if not kept <= runtime.closure(needed):  # the owner's files decide, too
        origin = replace(origin, made_by=())
    copied = runtime_files(needed | kept, package, runtime)
    whole = dict(formatter({**own, **copied}))
    whole |= sealed(remember(whole, origin), origin)
    return Project(origin, MappingProxyType({path: whole[path] for path in sorted(whole)}))
