"""Whatever an owner does to a project and whatever becomes of its template: nothing of the owner's is lost.

A sample that is the same at each run; `make fuzz` tries a thousand.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from scaffold.build.names import project_name
from scaffold.build.project import Origin, Project, ProjectFile
from scaffold.build.rename import rename_files
from scaffold.life.apply import write_project
from scaffold.life.outcome import Fate, Outcome
from scaffold.life.record import recall, remember
from scaffold.life.revision import compare, look_at, names_now, with_deleted
from scaffold.life.undo import apply_with_undo, forget, take_back, unfinished

NUM_CASES = int(os.environ.get("SCAFFOLD_FUZZ_CASES", "80"))
PATHS = ("README.md", "src/p/a.py", "src/p/b.py", "src/p/runtime/engine.py", "tests/test_a.py", "bin/run.sh")
NEW_PATHS = ("src/p/new.py", "src/p/own.py", "docs/new.md", "src/p/runtime/loop.py")
OWN_PATHS = ("src/p/own.py", "notes.txt", "docs", "src/p/renamed.py", "own/é ü.md")
LINE_ENDS = (b"\n", b"\r\n")

Texts = dict[str, bytes]


@dataclass
class Template:
    """What the templates make, and what they say of moves."""

    files: Texts
    moved: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Folder:
    """What an owner made of a project: files as bytes, and the lines that are theirs alone."""

    files: Texts
    own_lines: list[bytes] = field(default_factory=list[bytes])
    deleted: list[str] = field(default_factory=list[str])


class Pen:
    """Writes lines that nobody else writes."""

    def __init__(self, draw: st.DrawFn, name: str) -> None:
        self.draw = draw
        self.name = name
        self.number = 0

    def lines(self, most: int = 3) -> list[bytes]:
        """Some lines, valid Python in ruff's layout; blank ones among them."""
        found: list[bytes] = []
        for _ in range(self.draw(st.integers(1, most))):
            self.number += 1
            found.append(f"{self.name}_{self.number} = {self.number}".encode())
        return found

    def edit(self, lines: Sequence[bytes]) -> list[bytes]:
        """The lines with some added, changed, deleted and moved."""
        result = list(lines)
        for _ in range(self.draw(st.integers(1, 4))):
            kind, at = self.draw(st.sampled_from("acdm")), self.draw(st.integers(0, len(result)))
            if kind == "a":
                result[at:at] = self.lines()
            elif kind == "c" and at < len(result):
                result[at : at + 1] = self.lines(1)
            elif kind == "d":
                del result[at : at + self.draw(st.integers(1, 3))]
            elif kind == "m":
                block = result[at : at + 2]
                del result[at : at + 2]
                to = self.draw(st.integers(0, len(result)))
                result[to:to] = block
        return result


def text(lines: Sequence[bytes], end: bytes = b"\n", *, closed: bool = True) -> bytes:
    """Lines as a file."""
    return end.join(lines) + (end if lines and closed else b"")


def beside(path: str, word: str) -> str:
    """Another name for a file, in the same folder."""
    return str(PurePosixPath(path).with_name(f"{word}_{PurePosixPath(path).name}"))


def lines_of(content: bytes) -> list[bytes]:
    """A file as lines, whatever their ends."""
    return [line.removesuffix(b"\r") for line in content.removesuffix(b"\n").split(b"\n")]


@st.composite
def templates(draw: st.DrawFn) -> tuple[Template, Template]:
    """A template, and what has become of it: files edited, removed, added, moved, split and merged."""
    pen = Pen(draw, "made")
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=5, unique=True))
    old = {path: text([line for _ in range(draw(st.integers(1, 4))) for line in pen.lines()]) for path in paths}
    new, moved, later = dict(old), {}, Pen(draw, "new")
    for path in paths:
        fate = draw(st.sampled_from(("same", "edited", "edited", "removed", "moved", "split", "merged")))
        lines = lines_of(old[path])
        if fate == "edited":
            new[path] = text(later.edit(lines))
        elif fate == "removed":
            del new[path]
        elif fate == "moved":
            moved[path] = beside(path, "moved")
            new[moved[path]] = text(later.edit(lines)) if draw(st.booleans()) else new[path]
            del new[path]
        elif fate == "split":
            new[f"src/p/part_of_{PurePosixPath(path).stem}.py"] = text(lines[len(lines) // 2 :])
            new[path] = text(lines[: len(lines) // 2])
        elif fate == "merged" and paths[0] in new and path != paths[0]:
            new[paths[0]] += new.pop(path)
    for path in draw(st.lists(st.sampled_from(NEW_PATHS), max_size=2, unique=True)):
        new[path] = text(later.lines())
    return Template(old), Template(new, moved)


@st.composite
def folders(draw: st.DrawFn, made: Texts) -> Folder:
    """What an owner makes of a project: files edited, deleted, renamed, added, spelt otherwise, made binary."""
    pen = Pen(draw, "own")
    folder = Folder(dict(made))
    for path in made:
        fate = draw(st.sampled_from(("same", "edited", "edited", "spelt", "deleted", "renamed", "binary", "rewritten")))
        lines, end, closed = lines_of(made[path]), draw(st.sampled_from(LINE_ENDS)), draw(st.booleans())
        if fate == "edited":
            folder.files[path] = text(pen.edit(lines), end, closed=closed)
        elif fate == "spelt":
            folder.files[path] = text([*lines, "# é ü ∑".encode()], end, closed=closed)
        elif fate == "binary":
            folder.files[path] = b"\0\1\2" + text(pen.lines())
        elif fate == "rewritten":
            folder.files[path] = text(pen.lines())
        elif fate == "deleted":
            del folder.files[path]
            folder.deleted.append(path)
        elif fate == "renamed":
            content = text([*lines, *pen.lines(1)]) if draw(st.booleans()) else made[path]
            del folder.files[path]
            folder.files[beside(path, "renamed")] = content
    for path in draw(st.lists(st.sampled_from(OWN_PATHS), max_size=3, unique=True)):
        if not any(other.startswith(f"{path}/") for other in folder.files):
            folder.files[path] = text(pen.lines(), draw(st.sampled_from(LINE_ENDS)))
    folder.own_lines = [line for content in folder.files.values() for line in lines_of(content) if b"own_" in line]
    return folder


@st.composite
def cases(draw: st.DrawFn) -> tuple[Template, Template, Folder]:
    """A template then and now, and what an owner made of a project in between."""
    old, new = draw(templates())
    return old, new, draw(folders(old.files))


def project(files: Texts, renamed: dict[str, str] | None = None, deleted: tuple[str, ...] = ()) -> Project:
    """A project of these files, with its record."""
    layered = {PurePosixPath(path): ProjectFile(content, 0o644, "t") for path, content in files.items()}
    origin = Origin(project_name("p"), "t", {}, renamed=renamed or {}, deleted=deleted)
    named = rename_files(layered, origin.renamed)
    whole = named | remember(named, origin)
    return Project(origin, MappingProxyType({path: whole[path] for path in sorted(whole)}))


def update(folder: Path, new: Template) -> Outcome:
    """Compares a project with what the template makes now, as the command does."""
    before = look_at(folder, recall(folder))
    moved = {PurePosixPath(old): PurePosixPath(now) for old, now in new.moved.items()}
    made = project(new.files, names_now(before, moved), before.record.origin.deleted)
    return with_deleted(compare(before, made, moved), before, made)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and permissions."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in folder.rglob("*")
        if path.is_file() and ".scaffold/aborted" not in path.as_posix()
    }


def own(folder: Path) -> Texts:
    """The files of a project without its record."""
    return {path: content for path, (content, _) in snapshot(folder).items() if not path.startswith(".scaffold")}


def lay_out(folder: Path, texts: Texts) -> None:
    """Makes a folder hold these files, and no others but the record."""
    for child in folder.iterdir():
        if child.name != ".scaffold":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    for path, content in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


SEEDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # a case is small as it is
    report_multiple_bugs=False,
)
"""The same cases at each run, here and in the benchmark that has others play them."""


@given(case=cases())
@settings(SEEDED, max_examples=NUM_CASES)
def test_nothing_of_the_owner_is_lost(case: tuple[Template, Template, Folder]) -> None:
    """Every line of the owner's is in a file or between markers; twice is once; back is as before, to the byte."""
    old, new, theirs = case
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name) / "p"
        write_project(project(old.files), folder)
        lay_out(folder, theirs.files)
        before = snapshot(folder)

        found = update(folder, new)
        for fate in {each.fate for each in found.files.values()}:
            event(fate.value)
        apply_with_undo(found, folder, "update")
        after = own(folder)
        there = Counter(line for content in after.values() for line in lines_of(content))
        assert all(there[line] for line in theirs.own_lines)
        for path, content in theirs.files.items():
            if path in OWN_PATHS and path not in new.files:
                assert after[path] == content, path
        for path in theirs.deleted:
            assert path not in after or path in theirs.files, path

        waiting = unfinished(folder)
        assert (waiting is not None) == bool(found.paths(Fate.CONFLICT, Fate.BESIDE))
        if waiting is not None:
            take_back(waiting, folder)
            assert snapshot(folder) == before
            apply_with_undo(update(folder, new), folder, "update")
            assert own(folder) == after
            forget(folder)
        assert update(folder, new).is_empty
