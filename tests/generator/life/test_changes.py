from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from scaffold.build.project import ProjectFile
from scaffold.life.changes import Files, Kind, changes


def files(*paths: str, text: str = "made") -> Files:
    """Files with one content."""
    return {PurePosixPath(path): ProjectFile(text.encode(), 0o644, "t") for path in paths}


def kinds(pristine: Files, theirs: Files, mine: Files) -> dict[str, Kind]:
    """What becomes of each file."""
    return {str(path): change.kind for path, change in changes(pristine, theirs, mine).files.items()}


MADE, EDITED, NEW, NONE = files("a"), files("a", text="edited"), files("a", text="new"), files()


@pytest.mark.parametrize(
    ("pristine", "theirs", "mine", "kind"),
    [
        (MADE, MADE, MADE, Kind.UNCHANGED),
        (MADE, MADE, NEW, Kind.REPLACED),
        (MADE, EDITED, MADE, Kind.KEPT),
        (MADE, EDITED, NEW, Kind.BOTH_CHANGED),
        (MADE, NEW, NEW, Kind.UNCHANGED),
        (MADE, NONE, MADE, Kind.KEPT),
        (MADE, NONE, NEW, Kind.KEPT),
        (MADE, NONE, NONE, Kind.UNCHANGED),
        (MADE, MADE, NONE, Kind.DELETED),
        (MADE, EDITED, NONE, Kind.BOTH_CHANGED),
        (NONE, NONE, NEW, Kind.ADDED),
        (NONE, EDITED, NEW, Kind.COLLIDES),
        (NONE, NEW, NEW, Kind.UNCHANGED),
        (NONE, EDITED, NONE, Kind.KEPT),
    ],
)
def test_every_combination_of_three_states(pristine: Files, theirs: Files, mine: Files, kind: Kind) -> None:
    """A file in each of its states, or in none, has exactly one fate; the owner's edit is never the one that goes."""
    assert kinds(pristine, theirs, mine) == {"a": kind}


def test_a_mode_is_a_change() -> None:
    """A file that the owner made a program is an edited file; who wrote a file is not looked at."""
    path = PurePosixPath("a")
    program = {path: ProjectFile(b"made", 0o755, "")}
    assert kinds(MADE, program, NEW) == {"a": Kind.BOTH_CHANGED}
    assert kinds(MADE, {path: ProjectFile(b"made", 0o644, "")}, NEW) == {"a": Kind.REPLACED}


def test_the_record_is_the_generators_own() -> None:
    """What is in `.scaffold/` is replaced, although it was not among the files that it remembers."""
    record = ".scaffold/project.toml"
    assert kinds({}, files(record), files(record, text="new")) == {record: Kind.REPLACED}


@pytest.mark.parametrize(("there", "new"), [("docs", "docs/a.md"), ("docs/a.md", "docs")])
def test_a_file_and_a_folder_collide(there: str, new: str) -> None:
    """A new file goes neither into a file nor where the owner has a folder; where that goes away, it can."""
    assert kinds({}, files(there), files(new)) == {there: Kind.KEPT, new: Kind.COLLIDES}
    assert kinds(files(there), files(there), files(new)) == {there: Kind.DELETED, new: Kind.ADDED}


def test_what_is_written_and_what_is_left() -> None:
    """The changes say which files need no owner, with their content, and which need one."""
    found = changes(
        files("same", "old", "edited", "gone"),
        {**files("same", "old", "gone"), **files("edited", "own", text="edited")},
        {**files("same"), **files("old", "edited", "own", "new", text="new")},
    )
    assert found.written() == files("new", "old", text="new")
    assert found.files[PurePosixPath("gone")].kind is Kind.DELETED
    assert [found.files[PurePosixPath(path)].kind for path in ("edited", "own")] == [Kind.BOTH_CHANGED, Kind.COLLIDES]
    assert list(found.files) == sorted(found.files)
