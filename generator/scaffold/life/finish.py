"""All steps from answers to a project in memory. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from ..build.format import format_files
from ..build.names import project_name
from ..build.plan import Plan, make_plan
from ..build.project import Project, ProjectFile
from ..build.render import render
from ..build.vendor import rewrite, rooted_modules, runtime_files
from ..template.catalog import Catalog
from .record import remember


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
    plan = make_plan(catalog, template, project_name(name), answers)
    files = _with_runtime(render(plan), plan)
    decided = plan.resolution.answers
    memory = remember(files, template=template, name=plan.name.project, answers=decided)
    return Project(plan.name, template, MappingProxyType(decided), _sorted(files | memory))


def _with_runtime(files: Mapping[PurePosixPath, ProjectFile], plan: Plan) -> dict[PurePosixPath, ProjectFile]:
    """The files, formatted, and what they use of the runtime, which is formatted as it lies."""
    own, needed = rewrite(files, plan.name.package)
    with ThreadPoolExecutor(max_workers=1) as beside:  # ruff works in processes of its own, so both cores have work
        formatted = beside.submit(format_files, own)
        runtime = runtime_files(needed | rooted_modules(plan.runtime), plan.name.package)
        return formatted.result() | runtime


def _sorted(files: Mapping[PurePosixPath, ProjectFile]) -> Mapping[PurePosixPath, ProjectFile]:
    return MappingProxyType({path: files[path] for path in sorted(files)})
