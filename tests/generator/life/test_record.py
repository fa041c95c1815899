from __future__ import annotations

import hashlib
import io
import tarfile
import tomllib
from pathlib import PurePosixPath
from typing import Any

from scaffold import __version__
from scaffold.build.format import ruff_version
from scaffold.build.names import project_name
from scaffold.build.project import Origin, ProjectFile
from scaffold.life.finish import generate
from scaffold.life.record import remember
from scaffold.template.catalog import Catalog

TOML, ARCHIVE = PurePosixPath(".scaffold/project.toml"), PurePosixPath(".scaffold/pristine.tar.xz")


def table(files: dict[PurePosixPath, ProjectFile], **answers: Any) -> dict[str, Any]:
    """What `project.toml` says."""
    return tomllib.loads(remember(files, Origin(project_name("my-line"), "tiny", answers))[TOML].content.decode())


def test_a_project_remembers_how_it_was_made(catalog: Catalog) -> None:
    """`project.toml` has the template, the name, the versions, the answers that apply and a hash of every file."""
    project = generate(catalog, "tiny", "my-line", {"loss": "absolute", "extras": [], "owner": "Ada"})
    remembered = tomllib.loads(project.files[TOML].content.decode())
    assert remembered.pop("hashes") == {
        str(path): hashlib.sha256(file.content).hexdigest()
        for path, file in project.files.items()
        if path not in (TOML, ARCHIVE)
    }
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
