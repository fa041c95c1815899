"""A project made anew from new answers, or by a new version, with every edit of its owner: the one mechanism.

`scaffold update`, `set`, `add` and `remove` differ in the answers only, and `status` and `diff` look at what would
happen. Everything is read here, and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ..build.format import SETTINGS, reformat
from ..build.project import Project, ProjectFile
from ..build.runtime_source import own_runtime
from ..build.vendor import FOLDER as RUNTIME_FOLDER
from ..template.resolution import Resolution
from .changes import state_of
from .finish import make_project
from .moves import Moves, align, composed, find_renamed
from .outcome import Fate, Formatter, Outcome, outcome
from .owner_files import is_in_runtime, lost_imports, own_paths, used_of_runtime
from .record import FOLDER, Record, remember
from .seal import RECORD, but_for_the_seal, is_intact, sealed
from .theirs import read_theirs

Files = Mapping[PurePosixPath, ProjectFile]


@dataclass(frozen=True)
class InProject:
    """What a project remembers, and what its folder holds.

    Attributes:
        folder: where it is.
        record: what it remembers.
        theirs: what is at the paths of files that were made.
        own: its owner's own sources, and what may be a file that was made and has another name now.
        renamed: files that the owner calls otherwise.
    """

    folder: Path
    record: Record
    theirs: Files
    own: Files
    renamed: Mapping[PurePosixPath, PurePosixPath]

    @property
    def package(self) -> str:
        """The name of the project's package."""
        return self.record.origin.name.package

    def edited_sources(self) -> dict[PurePosixPath, ProjectFile]:
        """The Python that is not as it was made, but for the copied runtime."""
        made = self.record.files
        edited = {path: file for path, file in self.theirs.items() if path in made and file != made[path]}
        found = {path: file for path, file in {**edited, **self.own}.items() if path.suffix == ".py"}
        return {path: file for path, file in found.items() if not is_in_runtime(path, self.package)}


def look_at(folder: Path, record: Record) -> InProject:
    """What is in a project's folder.

    Raises:
        WriteError: a file cannot be read.
    """
    theirs = read_theirs(folder, record.files)
    package = record.origin.name.package
    gone = [path for path in record.files if path not in theirs and not is_in_runtime(path, package)]
    gone = [path for path in gone if str(path) not in record.origin.deleted]
    endings = {".py", *(path.suffix for path in gone)}  # what else lies there may be large, and is asked for nothing
    own = read_theirs(folder, [path for path in own_paths(folder, record.files) if path.suffix in endings])
    renamed = find_renamed({path: record.files[path] for path in gone}, own) if gone else {}
    return InProject(folder, record, theirs, own, renamed)


@dataclass(frozen=True)
class Revision:
    """A project as it would be made now, and what that does to each of its files.

    Attributes:
        before: what there is.
        project: as it would be made now.
        outcome: what becomes of each file.
        lost_imports: files of the owner, and what they import of the runtime that it does not have any more.
    """

    before: InProject
    project: Project
    outcome: Outcome
    lost_imports: Mapping[PurePosixPath, Sequence[str]]


def revise(before: InProject, resolution: Resolution, *, added: Sequence[str] | None = None) -> Revision:
    """The project made anew.

    Args:
        before: what there is.
        resolution: of the answers that count now.
        added: modules of the runtime that its owner asks for; those from before if not given.

    Raises:
        UsageError: what was chosen does not go together.
        WriteError: a file cannot be read.
    """
    moved, sources = _moved(resolution, before.package), before.edited_sources()
    used = used_of_runtime(sources, before.package, own_runtime())
    project = _made_anew(before, resolution, moved, added, used)
    settled = compare(before, project, moved)
    after = _after(sources, settled)
    still = used_of_runtime(after, before.package, own_runtime())
    if still.keys() != used.keys():  # merging has changed their imports
        project = _made_anew(before, resolution, moved, added, still)
        settled = compare(before, project, moved)
    conflicts = settled.paths(Fate.CONFLICT)
    settled_sources = {path: file for path, file in after.items() if path not in conflicts}
    lost = lost_imports(settled_sources, before.package, own_runtime())
    return Revision(before, project, with_deleted(settled, before, project), lost)


def as_if_never_made(before: InProject, files: Collection[PurePosixPath]) -> InProject:
    """A project in which files that its owner deleted are new, and so come."""
    made = {path: file for path, file in before.record.files.items() if path not in files}
    return replace(before, record=replace(before.record, files=made))


def unchanged_since(before: InProject, templates: Sequence[Path]) -> Revision | None:
    """The revision that does nothing, if the project's seal says so; None if it has to be made anew to know.

    Args:
        before: what there is.
        templates: folders of the templates that there are.

    Raises:
        WriteError: a file cannot be read.
    """
    made, record = before.record.files, read_theirs(before.folder, [RECORD])
    if before.renamed or RECORD not in record or not is_intact(record[RECORD].content, templates):
        return None
    sources, runtime = before.edited_sources(), own_runtime()
    home = PurePosixPath("src") / before.package / RUNTIME_FOLDER
    used = used_of_runtime(sources, before.package, runtime)
    if any(home / f"{module.replace('.', '/')}.py" not in made for module in used):
        return None
    project = Project(before.record.origin, made)
    return Revision(before, project, Outcome({}, {}, {}), lost_imports(sources, before.package, runtime))


def _made_anew(
    before: InProject, resolution: Resolution, moved: Moves, added: Sequence[str] | None, used: Mapping[str, str]
) -> Project:
    """The project of these answers, with what its owner asked for, renamed and uses."""
    origin = before.record.origin
    return make_project(
        resolution,
        origin.name.project,
        added=origin.added if added is None else added,
        renamed=names_now(before, moved),
        deleted=origin.deleted,
        used=used,
    )


def names_now(before: InProject, moved: Moves) -> dict[str, str]:
    """What the owner calls files, by the names that the templates have for them."""
    known = {PurePosixPath(made): PurePosixPath(now) for made, now in before.record.origin.renamed.items()}
    return {str(made): str(now) for made, now in composed(known, before.renamed, moved).items()}


def compare(before: InProject, project: Project, moved: Moves) -> Outcome:
    """What becomes of each file when the project is made anew.

    Args:
        before: what there is.
        project: as it would be made now, by the names that its owner has for files.
        moved: where the templates have what they once had elsewhere.

    Raises:
        WriteError: a file cannot be read.
    """
    made = project.files
    new = [path for path in made if path not in before.record.files]
    renamed = {path: before.own[path] for path in before.renamed.values()}
    theirs = {**before.theirs, **read_theirs(before.folder, new), **renamed}
    mine = {path: but_for_the_seal(file, theirs.get(path)) if path == RECORD else file for path, file in made.items()}
    aligned = align(before.record.files, theirs, mine, moved=moved, renamed=before.renamed)
    return outcome(aligned, _formatter(project), is_taken=lambda path: os.path.lexists(before.folder / path))


def with_deleted(settled: Outcome, before: InProject, project: Project) -> Outcome:
    """The outcome with a record that knows what the owner has deleted: no other file is taken for that later.

    What is deleted is no reason to change anything, and is written down when something else changes.
    """
    if settled.is_empty:
        return settled
    missing = {path for path in before.record.files if path not in before.theirs and path not in before.renamed}
    absent = {path for path in settled.paths(Fate.KEPT, Fate.BESIDE) if path not in settled.seen}
    deleted = tuple(sorted(str(path) for path in missing | absent if path in project.files))
    made = {path: file for path, file in project.files.items() if FOLDER not in path.parents}
    origin = replace(project.origin, deleted=deleted)
    record = sealed(remember(made, origin), origin)
    changed = {path: file for path, file in record.items() if state_of(settled.seen.get(path)) != state_of(file)}
    return replace(settled, record=changed)


def _moved(resolution: Resolution, package: str) -> dict[PurePosixPath, PurePosixPath]:
    """What the layers say of files that they once had elsewhere."""
    pairs = [pair for layer in resolution.layers for pair in layer.moved.items()]
    return {path_in_project(old, package): path_in_project(new, package) for old, new in pairs}


def path_in_project(path: str | PurePosixPath, package: str) -> PurePosixPath:
    """Where a project has what a layer has at a path."""
    return PurePosixPath(*(package if part == "project_name" else part for part in PurePosixPath(path).parts))


def _formatter(project: Project) -> Formatter:
    """Lays out several states of one file by the project's own settings."""
    settings = {path: file.content for path, file in project.files.items() if path.name in SETTINGS}
    modules = {path: b"" for path in project.files if path.suffix == ".py"}  # ruff asks which imports are its own

    def lay_out(path: PurePosixPath, states: Sequence[bytes]) -> list[bytes] | None:
        if path.suffix != ".py":
            return None
        return [files[path] for files in reformat([{**modules, path: state} for state in states], settings)]

    return lay_out


def _after(sources: Files, settled: Outcome) -> dict[PurePosixPath, ProjectFile]:
    """The owner's files as the change leaves them; one with clashes as it was."""
    names = {each.came_from: path for path, each in settled.files.items() if each.came_from is not None}
    found: dict[PurePosixPath, ProjectFile] = {}
    for there, file in sources.items():
        path = names.get(there, there)
        after = settled.files.get(path)
        if after is not None and after.file is not None and after.fate in (Fate.MERGED, Fate.MOVED, Fate.REPLACED):
            file = after.file
        found[path] = file
    return found
