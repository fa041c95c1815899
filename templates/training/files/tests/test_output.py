"""Files come whole or not at all, and what cannot be written is a sentence."""

from pathlib import Path

import pytest
from project_name.output import whole_files, writing


def test_files_come_together(tmp_path: Path) -> None:
    """They replace what is there when all of them are written; before, nothing of them is there."""
    (tmp_path / "a.txt").write_text("before")
    with whole_files(tmp_path) as unfinished:
        (unfinished / "a.txt").write_text("now")
        assert (tmp_path / "a.txt").read_text() == "before"
        (unfinished / "b.txt").write_text("new")
        assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.txt": "now", "b.txt": "new"}


def test_none_comes_if_one_cannot_be_written(tmp_path: Path) -> None:
    """What was there stays, and nothing is left over."""
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(FileNotFoundError), whole_files(tmp_path) as unfinished:
        (unfinished / "a.txt").rename(unfinished / "no folder" / "b.txt")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.txt": "before"}


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where a folder should be, and a folder where a file should be, are one sentence each."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "x.png").mkdir(parents=True)
    for target in (tmp_path / "file", tmp_path / "folder"):
        told = pytest.raises(SystemExit, match=rf"^Error: '{target}' cannot be written: .*\.\nHint:  Make room")
        with told, writing(target), whole_files(target) as unfinished:
            (unfinished / "x.png").write_text("")
