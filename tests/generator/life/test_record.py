from __future__ import annotations

import hashlib
import io
import lzma
import shutil
import tarfile
import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from scaffold import __version__
from scaffold.build.format import ruff_version
from scaffold.build.names import project_name
from scaffold.build.project import Origin, ProjectFile
from scaffold.errors import ScaffoldError, UsageError
from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.life.record import LARGEST_BYTES, recall, remember, resolve_again
from scaffold.template.catalog import Catalog

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]
MakeCatalog = Callable[[Mapping[str, str | bytes]], Catalog]

TOML, ARCHIVE = PurePosixPath(".scaffold/project.toml"), PurePosixPath(".scaffold/pristine.tar.xz")


def table(files: dict[PurePosixPath, ProjectFile], **answers: Any) -> dict[str, Any]:
    """What `project.toml` says."""
    return tomllib.loads(remember(files, Origin(project_name("my-line"), "tiny", answers))[TOML].content.decode())


def test_a_project_remembers_how_it_was_made(catalog: Catalog) -> None:
    """`project.toml` has the template, the name, the versions, the answers that apply, a hash of every file, a seal."""
    project = generate(catalog, "tiny", "my-line", {"loss": "absolute", "extras": [], "owner": "Ada"})
    remembered = tomllib.loads(project.files[TOML].content.decode())
    assert remembered.pop("hashes") == {
        str(path): hashlib.sha256(file.content).hexdigest()
        for path, file in project.files.items()
        if path not in (TOML, ARCHIVE)
    }
    assert len(remembered.pop("seal")) == 64
    assert remembered == {
        "template": "tiny",
        "name": "my-line",
        "version": __version__,
        "ruff": ruff_version(),
        "answers": {
            "owner": "Ada",
            "workers": 2,
            "rate": 0.5,
            "notes": False,
            "extras": [],
            "loss": "absolute",
            "delta": 1.0,
        },
    }


def test_any_answer_comes_back() -> None:
    """Texts with quotes, controls and letters of any alphabet, and numbers of any size, survive the file."""
    answers = {
        "text": 'a "b" \\ \n\t\x00\x1f\x7f é 漢 \U0001f600',
        "empty": "",
        "small": 1e-300,
        "large": 1.5e300,
        "whole": -(2**62),
        "several": ["a", "b"],
    }
    assert table({}, **answers)["answers"] == answers


def test_any_path_comes_back() -> None:
    """A path with quotes, spaces and letters of any alphabet is a key of the table of hashes."""
    path = PurePosixPath('a "b"/c d\\e.ü')
    assert list(table({path: ProjectFile(b"", 0o644, "t")})["hashes"]) == [str(path)]


def test_the_pristine_files_are_kept(catalog: Catalog) -> None:
    """The archive holds every file as it was made, with its mode, and nothing of the machine."""
    project = generate(catalog, "tiny", "my-line", {})
    with tarfile.open(fileobj=io.BytesIO(project.files[ARCHIVE].content), mode="r:xz") as archive:
        for entry in archive:
            file = project.files[PurePosixPath(entry.name)]
            stream = archive.extractfile(entry)
            assert stream is not None
            assert (stream.read(), entry.mode) == (file.content, file.mode)
            assert (entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, 0, "", "")
        assert len(archive.getnames()) == len(project.files) - 2


MADE_BY_0_1_0 = Path(__file__).parents[1] / "fixtures/made_by_0_1_0"
DAMAGED_HINT = "Take the folder from the project's history, or a backup."


def test_a_project_is_recalled_as_it_was_made(catalog: Catalog, tmp_path: Path) -> None:
    """What a project remembers comes back: how it was made, by what, and every file with its mode."""
    project = generate(catalog, "tiny", "my-line", {"loss": "absolute", "owner": "Ada"})
    write_project(project, tmp_path / "p")
    record = recall(tmp_path / "p")
    assert (record.origin, record.version, record.ruff) == (project.origin, __version__, ruff_version())
    made = {path: file for path, file in project.files.items() if path.parts[0] != ".scaffold"}
    assert {path: (file.content, file.mode) for path, file in record.files.items()} == {
        path: (file.content, file.mode) for path, file in made.items()
    }


def test_a_project_made_by_0_1_0_is_recognised(catalog: Catalog) -> None:
    """A project of the first version says so, and its answers still lead to its layers."""
    record = recall(MADE_BY_0_1_0)
    assert (record.version, record.origin.name.package, len(record.files)) == ("0.1.0", "my_line", 53)
    resolution = resolve_again(record, catalog, MADE_BY_0_1_0)
    assert [layer.id for layer in resolution.layers] == ["base", "tiny", "losses/absolute"]


def test_answers_that_do_not_fit_any_more_are_told_with_the_version(
    make_catalog: MakeCatalog, refused: Refusal
) -> None:
    """Where a template has changed too much to go on with, one sentence says who made the project."""
    toml = 'help = "T."\ntemplate = true\n[options.owner]\ntype = "int"\ndefault = 1\nhelp = "?"\n'
    catalog = make_catalog({"tiny/layer.toml": toml})
    message = (
        f"'{MADE_BY_0_1_0}' was made by torch-scaffold 0.1.0, whose answers do not fit {__version__}: "
        "'owner' should be a whole number, got 'nobody'."
    )
    with refused(UsageError, message, "For example `--set owner=1`."):
        resolve_again(recall(MADE_BY_0_1_0), catalog, MADE_BY_0_1_0)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A project's folder with nothing but its record, to damage."""
    shutil.copytree(MADE_BY_0_1_0, tmp_path / "p")
    return tmp_path / "p"


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, refused: Refusal) -> None:
    """A folder without a record, and a missing one, are told apart from a damaged project."""
    hint = "Go to the folder of a project that `scaffold new` made."
    for folder in (tmp_path, tmp_path / "missing"):
        message = f"'{folder}' is no project of torch-scaffold: it has no `.scaffold/project.toml`."
        with refused(UsageError, message, hint):
            recall(folder)


def test_a_newer_version_is_not_guessed_at(kept: Path, refused: Refusal) -> None:
    """A record of a later version is left alone, however it looks."""
    toml = (kept / TOML).read_text()
    (kept / TOML).write_text(toml.replace('version = "0.1.0"', 'version = "99.10.0"'))
    message = f"'{kept}' was made by torch-scaffold 99.10.0, and this is {__version__}."
    with refused(UsageError, message, "Install a torch-scaffold that is at least as new."):
        recall(kept)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('template = "tiny"\n', "", "it lacks its template"),
        ('name = "my-line"', "name = 3", "its `name` is 3"),
        ('name = "my-line"', 'name = "../x"', "A project cannot be called '../x'"),
        ("[answers]", "[answer]", "it lacks its answers or its hashes"),
        ('"README.md" = "1', '"README.md" = "2', "its pristine files are not those that it lists"),
        ("[answers]", "[answers", "Expected"),
        ("[answers]", "runtime = [1]\n[answers]", "its `runtime` is [1]"),
        ("[answers]", 'deleted = "x"\n[answers]', "its `deleted` is 'x'"),
        ("[answers]", "renamed = 3\n[answers]", "its `renamed` is 3"),
        ("[answers]", '[renamed]\n"a.py" = "../b.py"\n[answers]', "it has a file renamed to or from '../b.py'"),
        (
            "[answers]",
            '[renamed]\n"a.py" = ".git/hooks/x"\n[answers]',
            "it has a file renamed to or from '.git/hooks/x'",
        ),
        ("[answers]", '[renamed]\n"a.py" = 3\n[answers]', "it has a file renamed to or from 3"),
    ],
)
def test_a_damaged_record_is_refused(kept: Path, old: str, new: str, fault: str) -> None:
    """A record that lacks something, or holds something else, is one sentence that says what."""
    toml = (kept / TOML).read_text()
    assert old in toml
    (kept / TOML).write_text(toml.replace(old, new))
    with pytest.raises(UsageError) as caught:
        recall(kept)
    assert caught.value.message.startswith(f"The record in '{kept / '.scaffold'}' is damaged: {fault}")
    assert caught.value.hint == DAMAGED_HINT


def an_archive(*entries: tarfile.TarInfo) -> bytes:
    """An archive of empty entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for entry in entries:
            archive.addfile(entry)
    return buffer.getvalue()


def entry(name: str, **fields: Any) -> tarfile.TarInfo:
    """An entry of an archive."""
    found = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(found, field, value)
    return found


@pytest.mark.parametrize(
    ("archive", "fault"),
    [
        (b"", "its pristine files "),
        (b"no archive", "its pristine files cannot be read (Input format not supported by decoder)"),
        (an_archive(entry("../x")), "its archive leads out of the project"),
        (an_archive(entry("/etc/x")), "its archive leads out of the project"),
        (an_archive(entry(".git/hooks/x")), "its archive leads out of the project"),
        (an_archive(entry(".scaffold/project.toml")), "its archive leads out of the project"),
        (an_archive(entry("x", type=tarfile.SYMTYPE, linkname="/etc")), "'x' in its archive is no plain file"),
        (an_archive(entry("x", mode=0o4755)), "'x' in its archive is no plain file"),
        (None, "its pristine files cannot be read "),
    ],
)
def test_a_damaged_archive_is_refused(kept: Path, archive: bytes | None, fault: str) -> None:
    """Pristine files that are cut, not ours or lead elsewhere are one sentence, and nothing more."""
    (kept / ARCHIVE).unlink()
    if archive is not None:
        (kept / ARCHIVE).write_bytes(archive)
    with pytest.raises(UsageError) as caught:
        recall(kept)
    assert caught.value.message.startswith(f"The record in '{kept / '.scaffold'}' is damaged: {fault}")


def test_a_record_that_is_a_link_is_refused(kept: Path) -> None:
    """A record that lies elsewhere would be changed there."""
    (kept / ".scaffold").rename(kept / "elsewhere")
    (kept / ".scaffold").symlink_to(kept / "elsewhere")
    with pytest.raises(UsageError, match="is damaged: it is a link"):
        recall(kept)


def test_answers_of_older_versions_count_today(make_catalog: MakeCatalog, kept: Path) -> None:
    """Where several can be given now, one is a list; a new option has what such projects are; others are dropped."""
    toml = (
        'help = "T."\ntemplate = true\n[options.owner]\ntype = "multi-choice"\ndefault = []\nhelp = "?"\n'
        '[options.owner.choices.nobody]\nhelp = "?"\n[options.more]\ntype = "int"\ndefault = 1\nhelp = "?"\n'
        'before."0.2.0" = 5\nbefore."0.1.0" = 7\n'
    )
    catalog = make_catalog({"tiny/layer.toml": toml})
    assert resolve_again(recall(kept), catalog, kept).answers == {"owner": ["nobody"], "more": 5}
    assert resolve_again(recall(kept), catalog, kept, answers={"more": 2}).answers["more"] == 2


def test_a_large_archive_is_refused(kept: Path) -> None:
    """Nor does one that is small on disk fill the memory."""
    (kept / ARCHIVE).write_bytes(lzma.compress(bytes(LARGEST_BYTES + 1), preset=0))
    with pytest.raises(UsageError, match=r"its pristine files cannot be read \(they are too large\)"):
        recall(kept)


def test_a_cut_archive_is_refused(kept: Path) -> None:
    """Half an archive, as a full disk leaves it, is no project."""
    archive = (kept / ARCHIVE).read_bytes()
    (kept / ARCHIVE).write_bytes(archive[: len(archive) // 2])
    with pytest.raises(UsageError, match="is damaged: its pristine files"):
        recall(kept)
