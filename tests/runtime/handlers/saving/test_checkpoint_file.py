"""Whole files told from damaged ones, and code in files never run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.saving.checkpoint_error import (
    DamagedCheckpointError,
    NewerCheckpointError,
    UnsafeCheckpointError,
)
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint, read_checkpoint


def save(folder: Path, *names: str) -> None:
    """Saves files of these names, the last one last."""
    saver = DiskSaver(folder, require_empty=False)
    for index, name in enumerate(names):
        saver({"value": torch.full((1000,), float(index))}, name, {"objects": ("value",)})


def change_byte(path: Path, place: int = 2000) -> None:
    """Changes the file as a failing disk does: its size and its time stay."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=times)


def test_the_newest_is_found(tmp_path: Path) -> None:
    """The newest file is found, and none in an empty or missing folder."""
    assert newest_checkpoint(tmp_path) is None
    assert newest_checkpoint(tmp_path / "missing") is None
    save(tmp_path, "b.pt", "a.pt")
    assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


def test_a_changed_byte_is_noticed_and_the_one_before_used(tmp_path: Path) -> None:
    """A file with one changed bit is passed over with a warning that names it; reading it says the same."""
    save(tmp_path, "a.pt", "b.pt")
    change_byte(tmp_path / "b.pt")
    message = f"The checkpoint '{tmp_path / 'b.pt'}' is damaged: its bytes have changed since it was written."
    with pytest.warns(UserWarning, match="is damaged") as caught:
        assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"
    assert str(caught[0].message) == f"{message} Use the one before it."
    with pytest.raises(DamagedCheckpointError, match="its bytes have changed"):
        read_checkpoint(tmp_path / "b.pt")


@pytest.mark.parametrize("keep_time", [True, False])
def test_a_file_that_was_cut_short_is_noticed(keep_time: bool, tmp_path: Path) -> None:
    """Half a file is damaged, whether its time says that it was written since or not."""
    save(tmp_path, "a.pt", "b.pt")
    path = tmp_path / "b.pt"
    time = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[:3000])
    if keep_time:
        os.utime(path, ns=(time, time))
    with pytest.warns(UserWarning, match="it has 3000 bytes" if keep_time else "it is cut short"):
        assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 but no more"])
def test_a_file_that_is_no_checkpoint_is_damaged(content: bytes, tmp_path: Path) -> None:
    """Any other file under a checkpoint's name is told in a sentence."""
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(DamagedCheckpointError, match="it is cut short or no checkpoint at all"):
        read_checkpoint(tmp_path / "a.pt")


def test_a_file_that_nobody_listed_is_judged_by_itself(tmp_path: Path) -> None:
    """A checkpoint copied from elsewhere is good as long as its own checksums hold."""
    save(tmp_path, "a.pt")
    copy = tmp_path / "copied" / "a.pt"
    copy.parent.mkdir()
    copy.write_bytes((tmp_path / "a.pt").read_bytes())
    assert newest_checkpoint(copy.parent) == copy
    change_byte(copy)
    with pytest.warns(UserWarning, match="has changed since it was written"):
        assert newest_checkpoint(copy.parent) is None


def test_a_damaged_manifest_costs_nothing(tmp_path: Path) -> None:
    """Without a readable manifest the checkpoints are found all the same."""
    save(tmp_path, "a.pt", "b.pt")
    for content in ("{", "[]", '{"format": 1}', '{"format": 1, "checkpoints": {"b.pt": 3}}'):
        (tmp_path / "manifest.json").write_text(content)
        assert newest_checkpoint(tmp_path) == tmp_path / "b.pt"


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    """A folder written by a later version is not guessed at."""
    save(tmp_path, "a.pt")
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(NewerCheckpointError) as caught:
        newest_checkpoint(tmp_path)
    assert str(caught.value) == (
        f"'{tmp_path / 'manifest.json'}' is of format 99, and this version reads formats up to 1. "
        "Use the version that wrote it, or a newer one."
    )


def test_only_files_that_hold_what_is_needed(tmp_path: Path) -> None:
    """A newer file without the needed object is passed over in silence: it is another handler's."""
    saver = DiskSaver(tmp_path)
    saver({}, "a.pt", {"objects": ("model", "trainer")})
    saver({}, "b.pt", {"objects": ("model",)})
    assert newest_checkpoint(tmp_path, holding=["trainer"]) == tmp_path / "a.pt"
    assert newest_checkpoint(tmp_path, holding=["ema"]) is None
    assert newest_checkpoint(tmp_path, holding=["model", "ema"]) is None


def test_a_state_that_lacks_something_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    """A run that wants more than any of its states holds is given the newest, and told what it lacks."""
    saver = DiskSaver(tmp_path)
    saver({"model": {}, "trainer": {}}, "a.pt", {"objects": ("model", "trainer")})
    saver({}, "b.pt", {"objects": ("model",)})
    assert newest_checkpoint(tmp_path, holding=["model", "trainer", "ema"]) == tmp_path / "a.pt"


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch ran",)


@pytest.mark.parametrize("how", [torch.save, lambda state, path: path.write_bytes(pickle.dumps(state))])
def test_code_in_a_file_is_refused_and_never_run(how: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle with code is refused with its name, and nothing happens."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pt"
    how({"value": Evil()}, path)
    with pytest.raises((UnsafeCheckpointError, DamagedCheckpointError)) as caught:
        read_checkpoint(path)
    assert not (tmp_path / "ran").exists()
    if how is torch.save:
        assert str(caught.value) == (
            f"The checkpoint '{path}' holds code or objects of its own (`posix.system`), and nothing of it was run. "
            "If you trust its author, load it with `torch.load(path, weights_only=False)` and save its tensors."
        )


def test_a_missing_file_names_what_is_there(tmp_path: Path) -> None:
    """The message for a wrong path lists the checkpoints beside it."""
    with pytest.raises(FileNotFoundError, match=r"The folder holds no checkpoints\."):
        read_checkpoint(tmp_path / "a.pt")
    save(tmp_path, "b.pt", "c.pt")
    with pytest.raises(
        FileNotFoundError, match=r"There is no checkpoint '.*a\.pt'\. The folder holds 'b\.pt', 'c\.pt'\."
    ):
        read_checkpoint(tmp_path / "a.pt")


def test_a_file_of_other_objects_that_no_manifest_lists_is_passed_over(tmp_path: Path) -> None:
    """Killed between a best network and its line in the manifest, a run goes on from the state before it."""
    saver = DiskSaver(tmp_path)
    saver({"model": {}, "trainer": {}}, "last_1.pt", {"objects": ("model", "trainer")})
    torch.save({"weight": torch.ones(2)}, tmp_path / "best_2.pt")
    assert newest_checkpoint(tmp_path, holding=("model", "trainer")) == tmp_path / "last_1.pt"
    assert newest_checkpoint(tmp_path) == tmp_path / "best_2.pt"
    torch.save({"model": {}, "trainer": {}, "random": {}}, tmp_path / "last_3.pt")
    assert newest_checkpoint(tmp_path, holding=("model", "trainer")) == tmp_path / "last_3.pt"
