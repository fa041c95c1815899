"""Checkpoints on a disk that fails, fills up and goes away, in processes that die."""

from __future__ import annotations

import random
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.warm_python import Program

from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.saving.checkpoint_error import SaveError
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint, read_checkpoint, trailer_of

STATE = {"value": torch.arange(3)}


def names(folder: Path) -> list[str]:
    """What the folder holds."""
    return sorted(path.name for path in folder.iterdir())


def test_a_saved_state_is_read_back(tmp_path: Path) -> None:
    """What was saved is what is read."""
    DiskSaver(tmp_path)(STATE, "a.pt")
    assert torch.equal(read_checkpoint(tmp_path / "a.pt")["value"], STATE["value"])


def test_what_is_on_the_host_is_not_copied(tmp_path: Path) -> None:
    """Saving at once needs no memory for tensors of the CPU."""
    written: list[Any] = []

    class Seen(DiskSaver):
        def write(self, checkpoint: Any, filename: str, metadata: Any) -> None:
            written.append(checkpoint)

    weight = torch.nn.Parameter(torch.zeros(3))
    Seen(tmp_path)({"a": weight}, "a.pt")
    assert written[0]["a"].data_ptr() == weight.data_ptr()


def test_files_have_the_permissions_of_the_user(tmp_path: Path) -> None:
    """A checkpoint has the permissions that any new file has."""
    (tmp_path / "plain").touch()
    DiskSaver(tmp_path)(STATE, "a.pt")
    assert (tmp_path / "a.pt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_in_place_writing_is_possible(tmp_path: Path) -> None:
    """`atomic=False` writes a file that is read back, and that describes itself too."""
    DiskSaver(tmp_path, atomic=False)(STATE, "a.pt", {"basename": "a"})
    assert torch.equal(read_checkpoint(tmp_path / "a.pt")["value"], STATE["value"])
    assert (trailer_of(tmp_path / "a.pt") or {})["series"] == "a"


def test_a_folder_with_checkpoints_is_refused(tmp_path: Path) -> None:
    """A run does not mix its files with those of another unless it is told to."""
    (tmp_path / "old.pt").touch()
    with pytest.raises(ValueError, match="should hold no checkpoints") as caught:
        DiskSaver(tmp_path)
    assert str(caught.value) == (
        f"The folder '{tmp_path}' should hold no checkpoints, and has old.pt. "
        f"Give an empty one, or `DiskSaver('{tmp_path}', require_empty=False)` in its place, to add to it."
    )
    DiskSaver(tmp_path, require_empty=False)(STATE, "a.pt")
    assert "old.pt" in names(tmp_path)


def test_a_missing_folder_is_refused_at_once(tmp_path: Path) -> None:
    """Without `create_dir` the folder has to be there, and the message names it."""
    with pytest.raises(ValueError, match=r"but: No such file or directory\. Give another one, or make it first\."):
        DiskSaver(tmp_path / "missing", create_dir=False)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A path that is a file is refused in a sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="should be one that checkpoints can be written to, but: File exists"):
        DiskSaver(tmp_path / "file")


def test_unfinished_files_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """What a killed writer left behind goes when the folder is opened again."""
    (tmp_path / ".a.pt.tmp").write_bytes(b"half")
    DiskSaver(tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_has_gone_is_a_clear_error(tmp_path: Path) -> None:
    """Saving into a folder that was removed says so, and a later save into the remade folder works."""
    folder = tmp_path / "checkpoints"
    saver = DiskSaver(folder)
    folder.rmdir()
    with pytest.raises(SaveError) as caught:
        saver(STATE, "a.pt")
    assert str(caught.value) == (
        f"The checkpoint '{folder / 'a.pt'}' could not be written: No such file or directory. Those saved before "
        "are untouched; check that the folder exists, is writable and has space."
    )
    folder.mkdir()
    saver(STATE, "b.pt")
    assert names(folder) == ["b.pt"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.fail(f"This test mounts a small tmpfs, which needs root; mount said: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_full_disk_loses_nothing_that_was_saved(small_disk: Path) -> None:
    """When the disk is full the save fails in a sentence, the file before it stays, even if rotation asks for it."""
    saver = DiskSaver(small_disk)
    saver({"value": torch.ones(300_000)}, "first.pt")
    with pytest.raises(SaveError, match="No space left on device"):
        saver({"value": torch.zeros(300_000)}, "second.pt")
    saver.remove("first.pt")
    assert names(small_disk) == ["first.pt"]
    assert read_checkpoint(small_disk / "first.pt")["value"].sum() == 300_000
    saver({"value": torch.zeros(100_000)}, "third.pt")
    assert names(small_disk) == ["third.pt"]


def test_a_read_only_disk_is_refused_and_told(small_disk: Path) -> None:
    """A disk that turns read-only is an error in a sentence; files on it are still found and read."""
    saver = DiskSaver(small_disk)
    saver(STATE, "first.pt")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(SaveError, match="Read-only file system"):
        saver(STATE, "second.pt")
    with pytest.raises(ValueError, match="should be writable, and it is read-only"):
        DiskSaver(small_disk, require_empty=False)
    assert newest_checkpoint(small_disk) == small_disk / "first.pt"


def test_a_run_that_goes_on_removes_what_the_killed_one_left(tmp_path: Path) -> None:
    """Files of the series go after the next save, whatever their names; others, and those of nobody, stay."""
    saver = DiskSaver(tmp_path)
    for name in ("last_1.pt", "last_2.pt", "last_3.pt", "of another pattern.pt"):
        saver(STATE, name, {"basename": "last"})
    saver(STATE, "best_1.pt", {"basename": "best"})
    for other in ("last.pt", "last_7.pt"):
        (tmp_path / other).touch()
    resumed = DiskSaver(tmp_path, require_empty=False)
    resumed.adopt("last", ["last_3.pt"])
    assert len(names(tmp_path)) == 7
    resumed(STATE, "last_5.pt", {"basename": "last"})
    assert names(tmp_path) == ["best_1.pt", "last.pt", "last_3.pt", "last_5.pt", "last_7.pt"]


KINDS = ("error", "die-before", "die-halfway", "die-after")
PAIRS = {"rotated": ("a.pt", "b.pt"), "replaced": ("a.pt", "a.pt")}
FAULTS = [
    *(pytest.param(kind, "sync", names, id=f"{kind}-{id_}") for kind in KINDS for id_, names in PAIRS.items()),
    *(pytest.param(kind, "async", PAIRS["rotated"], id=f"{kind}-async") for kind in ("error", "die-after")),
]


@pytest.mark.parametrize(("kind", "saver", "names_of_both"), FAULTS)
def test_a_fault_at_any_system_call_leaves_a_good_checkpoint(
    kind: str, saver: str, names_of_both: tuple[str, str], tmp_path: Path, run_program: Callable[..., list[str]]
) -> None:
    """Whichever call of the save path fails or is the last, a good checkpoint is found and the next save works."""
    trials = int(run_program("faulty_saves.py", tmp_path, kind, saver, *names_of_both)[0])
    assert trials > 8  # open, write, sync and rename, and the same for the folder
    for trial in range(1, trials + 1):
        folder = tmp_path / str(trial)
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nothing that was renamed into place is damaged
            newest = newest_checkpoint(folder)
        assert newest is not None
        assert read_checkpoint(newest)["value"].unique().tolist() in ([1.0], [2.0])
        resumed = DiskSaver(folder, require_empty=False)
        resumed.adopt("checkpoint", [])
        resumed({"value": torch.full((10,), 3.0)}, "checkpoint_3.pt", {"basename": "checkpoint"})
        assert newest_checkpoint(folder) == folder / "checkpoint_3.pt"
        assert [name for name in names(folder) if name.startswith(".")] == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_kills_at_random_instants_lose_no_step_that_was_safe(
    kind: str, tmp_path: Path, start_program: Callable[..., Program]
) -> None:
    """A process that is killed while it saves goes on from the last step that it called safe, or a later one."""
    safe = 0
    delays = random.Random(kind)
    kills = 0
    while kills < 6 or not safe:  # a slow disk makes nothing safe in so short a time: then more often
        kills += 1
        process = start_program("save_forever.py", tmp_path, kind)
        begun = read_line(process)
        assert begun.startswith("from "), begun + process.communicate()[0]
        assert int(begun.removeprefix("from ")) >= safe
        try:
            process.communicate(timeout=delays.uniform(0.005, 0.3))
        except subprocess.TimeoutExpired:
            process.kill()
        told = process.communicate()[0].split()
        safe = max([safe, *map(int, told)])
        assert len(list(tmp_path.glob("*.pt"))) <= 5
    assert safe > 0


def read_line(process: Program) -> str:
    """The next line that the program prints."""
    return process.stdout.readline()


def test_states_on_a_device_are_saved_as_host_tensors(tmp_path: Path) -> None:
    """The file holds tensors of the host, whatever device they came from."""
    state: dict[str, Any] = {"layers": [torch.nn.Parameter(torch.ones(2))], "steps": (1, 2.0, "three", None)}
    DiskSaver(tmp_path)(state, "a.pt")
    read = read_checkpoint(tmp_path / "a.pt")
    assert read["layers"][0].device.type == "cpu"
    assert not read["layers"][0].requires_grad
    assert read["steps"] == (1, 2.0, "three", None)
