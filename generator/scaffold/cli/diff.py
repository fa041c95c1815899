"""`scaffold diff`: what the owner changed, or what an update would change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError, did_you_mean
from .completion_of_projects import complete_file
from .listing import AsJson, TemplatesFolder
from .project_folder import ProjectFolder, find_project
from .terminal import say

if TYPE_CHECKING:
    from ..build.project import ProjectFile

SCHEMA = "torch-scaffold/diff/1"
EXAMPLES = """\b
Examples:
  scaffold diff                            what you changed
  scaffold diff src/digits/train.py
  scaffold diff --upstream                 what an update would change
"""

Pairs = Mapping[PurePosixPath, tuple["ProjectFile | None", "ProjectFile | None"]]
"""Of each file its state before and after."""


def diff(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="One of the project's files; all of them if not given.",
            autocompletion=complete_file,
        ),
    ] = None,
    *,
    upstream: Annotated[
        bool, typer.Option("--upstream", help="What an update would change, edits of yours included.")
    ] = False,
    as_json: AsJson = False,
    project: ProjectFolder = None,
    templates: TemplatesFolder = None,
) -> None:
    """Show what you changed, or what an update would change.

    It is a patch from the files as they were made. Files of your own are not in it.
    """
    from ..life.patch import unified
    from .report import print_json

    folder = find_project(project)
    pairs = _upstream(folder, templates) if upstream else _own(folder)
    paths = sorted(pairs) if file is None else [_within(folder, file, pairs)]
    patches = {path: unified(path, *pairs[path]) for path in paths}
    patches = {path: patch for path, patch in patches.items() if patch}
    if as_json:
        files = [{"path": str(path), "diff": patch} for path, patch in patches.items()]
        print_json({"schema": SCHEMA, "upstream": upstream, "files": files})
    elif patches:
        say("".join(patches.values()).removesuffix("\n"))


def _own(folder: Path) -> Pairs:
    from ..life.record import recall
    from ..life.revision import look_at

    before = look_at(folder, recall(folder))
    now = {made: before.own[own] for made, own in before.renamed.items()}
    return {path: (file, before.theirs.get(path, now.get(path))) for path, file in before.record.files.items()}


def _upstream(folder: Path, templates: Path | None) -> Pairs:
    from .update import revised

    outcome = revised(folder, templates).outcome
    written, removed = outcome.written(), outcome.removed()
    pairs = {path: (outcome.seen.get(path), file) for path, file in written.items() if path not in outcome.record}
    return {**pairs, **{path: (outcome.seen.get(path), None) for path in removed if path not in written}}


def _within(folder: Path, file: Path, pairs: Pairs) -> PurePosixPath:
    """The file as the project calls it: said from the current folder, or from the project's."""
    here, there = (Path.cwd() / file), folder.resolve()
    path = PurePosixPath(here.relative_to(there)) if here.is_relative_to(there) else PurePosixPath(file)
    for each in (path, PurePosixPath(file)):
        if each in pairs:
            return each
    near = did_you_mean(str(path), map(str, pairs))
    raise UsageError(
        f"'{file}' is none of the files that this is about.", f"{near}`scaffold status` lists the project's."
    )
