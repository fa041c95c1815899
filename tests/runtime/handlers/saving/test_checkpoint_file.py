"""Whole files told from damaged ones, and code in files never run."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
import torch

from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.saving.checkpoint_error import (
    CheckpointError,
    DamagedCheckpointError,
    NewerCheckpointError,
    UnsafeCheckpointError,
)
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint, read_checkpoint, trailer_of


def save(folder: Path, *names: str) -> None:
    """Saves files of these names, the last one last."""
    saver = DiskSaver(folder, require_empty=False)
    for index, name in enumerate(names):
        saver({"value": torch.full((1000,), float(index))}, name, {"objects": ("value",)})


def change_bit(path: Path, place: int = 2000, bit: int = 0) -> None:
    """Changes the file as a failing disk does: its size and its time stay."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)
    os.utime(path, ns=times)


def test_the_newest_is_found(tmp_path: Path) -> None:
    """The newest file is found, and none in an empty or missing folder."""
    assert newest_checkpoint(tmp_path) is None
    assert newest_checkpoint(tmp_path / "missing") is None
    save(tmp_path, "b.pt", "a.pt")
    assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


def test_the_newest_is_the_one_written_last_also_where_files_were_copied(tmp_path: Path) -> None:
    """A file's time of change is not asked: a copy has the time of the copying."""
    save(tmp_path, "a.pt", "b.pt")
    os.utime(tmp_path / "a.pt")
    assert newest_checkpoint(tmp_path) == tmp_path / "b.pt"


def test_a_file_describes_itself(tmp_path: Path) -> None:
    """The last line says what the file holds, and the checksum of what stands before it."""
    description = {"objects": ("value",), "basename": "last", "priority": 7, "score_name": None}
    DiskSaver(tmp_path)({"value": torch.ones(3)}, "a.pt", description)
    *_, line = (tmp_path / "a.pt").read_bytes().splitlines()
    told = json.loads(line)
    assert (told["format"], told["objects"], told["series"], told["priority"]) == (1, ["value"], "last", 7)
    assert trailer_of(tmp_path / "a.pt") == {
        **{key: value for key, value in told.items() if key != "crc32"},
        "num_bytes": (tmp_path / "a.pt").stat().st_size - len(line) - 2,
    }


@pytest.mark.parametrize("options", [{}, {"mmap": True}])
def test_torch_reads_the_files(options: dict[str, Any], tmp_path: Path) -> None:
    """Plain torch loads a checkpoint, by its name, mapped into memory, and as an open file; so does `zipfile`."""
    save(tmp_path, "a.pt", "b.pt")
    path = tmp_path / "b.pt"
    assert torch.load(path, **options)["value"].sum() == 1000
    with path.open("rb") as file:
        assert torch.load(file)["value"].sum() == 1000
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_a_changed_byte_is_noticed_and_the_one_before_used(tmp_path: Path) -> None:
    """A file with one changed bit is passed over with a warning that names it; reading it says the same."""
    save(tmp_path, "a.pt", "b.pt")
    change_bit(tmp_path / "b.pt")
    message = f"The checkpoint '{tmp_path / 'b.pt'}' is damaged: its bytes have changed since it was written."
    with pytest.warns(UserWarning, match="is damaged") as caught:
        assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"
    assert str(caught[0].message) == f"Passed over: {message} Use the one before it."
    with pytest.raises(DamagedCheckpointError, match="its bytes have changed"):
        read_checkpoint(tmp_path / "b.pt")


def places_of(path: Path) -> dict[str, range]:
    """Where in the file each kind of byte stands."""
    content = path.read_bytes()
    directory, trailer = content.index(b"PK\1\2"), content.rindex(b"\n", 0, -1)
    return {
        "pickle": range(directory // 4),
        "numbers": range(2000, 2016),
        "directory": range(directory, trailer),
        "trailer": range(trailer, len(content)),
    }


@pytest.mark.parametrize("region", ["pickle", "numbers", "directory", "trailer"])
@pytest.mark.parametrize("touched", [False, True])
def test_any_flipped_bit_is_told(region: str, touched: bool, tmp_path: Path) -> None:
    """Wherever the bit stands, and whatever the file's time says, nothing is loaded."""
    save(tmp_path, "a.pt")
    path = tmp_path / "a.pt"
    whole = path.read_bytes()
    for number, place in enumerate(places_of(path)[region]):
        path.write_bytes(whole)
        change_bit(path, place, bit=number % 8 if region != "directory" else 4)
        if touched:
            os.utime(path)
        with pytest.raises(DamagedCheckpointError):
            read_checkpoint(path)


@pytest.mark.parametrize("region", ["pickle", "directory"])
def test_a_flipped_bit_in_a_file_of_others_is_a_sentence_or_harmless(region: str, tmp_path: Path) -> None:
    """Files that plain torch wrote have only the archive's own checksums: no bit of them ends in a traceback."""
    plain = tmp_path / "plain.pt"
    torch.save({"value": torch.zeros(1000)}, plain)
    whole = plain.read_bytes()
    directory = whole.index(b"PK\1\2")
    places = range(directory // 4) if region == "pickle" else range(directory, len(whole))
    for number, place in enumerate(places):
        plain.write_bytes(whole)
        change_bit(plain, place, bit=number % 8)
        with contextlib.suppress(DamagedCheckpointError, UnsafeCheckpointError):
            read_checkpoint(plain)


def test_a_file_that_was_cut_short_is_noticed(tmp_path: Path) -> None:
    """A part of a file is damaged, also one that lacks a single byte."""
    save(tmp_path, "a.pt", "b.pt")
    path = tmp_path / "b.pt"
    whole = path.read_bytes()
    later = time.time_ns() + 10**9  # file systems have coarser clocks than the one that files tell
    for length in (0, 3000, len(whole) - 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        os.utime(path, ns=(later, later))
        with pytest.warns(UserWarning, match="its end is missing"):
            assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 but no more", b"x\n[1]\n", b"x\n3\n"])
def test_a_file_that_is_no_checkpoint_is_damaged(content: bytes, tmp_path: Path) -> None:
    """Any other file under a checkpoint's name is told in a sentence."""
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(DamagedCheckpointError, match="or it is no checkpoint at all"):
        read_checkpoint(tmp_path / "a.pt")


@pytest.mark.parametrize("intruder", ["folder", "link"])
def test_a_folder_or_a_link_to_nothing_in_place_of_the_newest(intruder: str, tmp_path: Path) -> None:
    """What is no file is passed over in a sentence, and the one before it used."""
    save(tmp_path, "a.pt", "b.pt")
    (tmp_path / "b.pt").unlink()
    if intruder == "folder":
        (tmp_path / "b.pt").mkdir()
    else:
        (tmp_path / "b.pt").symlink_to("nowhere")
    later = time.time_ns() + 10**9  # file systems have coarser clocks than the one that files tell
    os.utime(tmp_path / "b.pt", ns=(later, later), follow_symlinks=False)
    reason = {"folder": "Is a directory", "link": "No such file or directory"}[intruder]
    with pytest.warns(UserWarning, match=rf"b\.pt' is damaged: it cannot be read: {reason}\."):
        assert newest_checkpoint(tmp_path) == tmp_path / "a.pt"


def test_a_copied_file_is_checked_as_the_first_one(tmp_path: Path) -> None:
    """The checksum goes with the file."""
    save(tmp_path, "a.pt")
    copy = tmp_path / "copied" / "b.pt"
    copy.parent.mkdir()
    copy.write_bytes((tmp_path / "a.pt").read_bytes())
    assert newest_checkpoint(copy.parent) == copy
    change_bit(copy)
    with pytest.raises(DamagedCheckpointError, match="its bytes have changed"):
        read_checkpoint(copy)


def test_if_none_is_whole_a_sentence_says_so(tmp_path: Path) -> None:
    """A run whose states are all damaged does not begin anew in silence: nothing is returned, nothing written."""
    save(tmp_path, "a.pt", "b.pt")
    for name in ("a.pt", "b.pt"):
        change_bit(tmp_path / name)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.warns(UserWarning, match="is damaged"), pytest.raises(CheckpointError) as caught:
        newest_checkpoint(tmp_path)
    assert str(caught.value) == (
        f"The folder '{tmp_path}' holds no checkpoint that can be used: 'b.pt', 'a.pt' cannot be read. "
        "Bring a copy of one back, or begin anew in another folder; nothing was changed."
    )
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_newer_format_is_told(tmp_path: Path) -> None:
    """A file that a later version wrote is not guessed at."""
    text = json.dumps({"format": 99, "sha256": ""})
    line = f'\n{text[:-1]}, "crc32": {zlib.crc32(text.encode())}}}\n'
    (tmp_path / "a.pt").write_bytes(b"content" + line.encode())
    with pytest.raises(NewerCheckpointError) as caught:
        newest_checkpoint(tmp_path)
    assert str(caught.value) == (
        f"'{tmp_path / 'a.pt'}' is of format 99, and this version reads formats up to 1. "
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


def test_a_file_of_other_objects_that_does_not_describe_itself_is_passed_over(tmp_path: Path) -> None:
    """Among files of version 0.1.0, whose descriptions stood in `manifest.json`, a run goes on from its own state."""
    (tmp_path / "manifest.json").mkdir()  # whatever it is, nobody asks it
    for name, content in (("last_1.pt", {"model": {}, "trainer": {}}), ("best_2.pt", {"weight": torch.ones(2)})):
        torch.save(content, tmp_path / name)
    os.utime(tmp_path / "last_1.pt", ns=(1, 1))
    assert newest_checkpoint(tmp_path, holding=("model", "trainer")) == tmp_path / "last_1.pt"
    assert newest_checkpoint(tmp_path) == tmp_path / "best_2.pt"
    torch.save({"model": {}, "trainer": {}, "random": {}}, tmp_path / "last_3.pt")
    assert newest_checkpoint(tmp_path, holding=("model", "trainer")) == tmp_path / "last_3.pt"
