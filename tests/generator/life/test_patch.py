from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from scaffold.build.project import ProjectFile
from scaffold.life.patch import unified


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n", "a\nc\n"),
        ("a\nb\n", "a\nb\n\f\nc = 1\n"),  # a form feed between parts of a file, as in Python's own library
        ("a\rb\n", "a\rc\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\n", "'\x0b \x1c \x85 \u2028'\na"),
        ("a", "a\n"),
        ("a\n", ""),
    ],
)
def test_a_patch_leads_from_one_to_the_other(old: str, new: str, tmp_path: Path) -> None:
    """`git apply` makes the new state of the old one, whatever else than a newline ends a line for Python."""
    path = PurePosixPath("file.py")
    (tmp_path / path).write_bytes(old.encode())
    states = [ProjectFile(text.encode(), 0o644, "") for text in (old, new)]
    patch = unified(path, *states)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / path).read_bytes() == new.encode()
