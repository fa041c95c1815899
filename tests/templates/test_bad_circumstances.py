"""What cannot be, what is full, and what has broken: a sentence each, and nothing lost that could be kept."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib import image
from tests.projects import GeneratedProject, make_project
from tests.warm_python import run

SMALL = ("--backend", "none", "--model.width", "8", "--overfit-batches", "4", "--data.batch-size", "16")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The project of all defaults."""
    return make_project(tmp_path_factory.mktemp("project") / "digits")


@pytest.fixture
def mounted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own, as large as the test says."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "20m")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"This test mounts a small tmpfs, which needs root; mount said: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def train(project: GeneratedProject, *flags: str) -> subprocess.CompletedProcess[str]:
    """A small run, to its end, whatever that is."""
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    return run([sys.executable, "-m", "digits.train", *SMALL, *flags], environment, folder=project.folder)


IMPOSSIBLE = {
    "--max-epochs 0": "--max-epochs: 0 does not fit: Expected `int` >= 1",
    "--data.batch-size -3": "--data.batch-size: -3 does not fit: Expected `int` >= 1",
    "--data.eval-batch-size 0": "--data.eval-batch-size: 0 does not fit: Expected `int` >= 1",
    "--data.num-workers -1": "--data.num-workers: -1 does not fit: Expected `int` >= 0",
    "--optimizer.gradient-accumulation-steps -4": (
        "--optimizer.gradient-accumulation-steps: -4 does not fit: Expected `int` >= 1"
    ),
    "--optimizer.learning-rate nan": "--optimizer.learning-rate: nan does not fit: Expected `float` >= 0.0",
    "--optimizer.clip-grad-norm -1": "--optimizer.clip-grad-norm: -1.0 does not fit: Expected `float` >= 0.0",
    "--overfit-batches 0": "--overfit-batches: 0 does not fit: Expected `int` >= 1",
    "--checkpoint-every 0": "--checkpoint-every: 0 does not fit: Expected `int` >= 1",
    "--nproc-per-node 0": "--nproc-per-node: 0 does not fit: Expected `int` >= 1",
    "--model.stages 0": "--model.stages: 0 does not fit: Expected `int` >= 1",
}

PARSING = """
import sys
from digits.config import parse_config

for flags in sys.argv[1:]:
    try:
        parse_config(flags.split())
    except SystemExit as refused:
        print(refused)
"""


def test_numbers_that_cannot_be_are_refused(project: GeneratedProject) -> None:
    """Each in one sentence that names the flag, the bound and the number, before a folder is made."""
    said = project.call(sys.executable, "-c", PARSING, *IMPOSSIBLE).stdout.splitlines()
    assert said == [f"Error: {sentence}." for sentence in IMPOSSIBLE.values()]


def test_fewer_samples_than_processes_are_refused(project: GeneratedProject) -> None:
    """Batches that two processes cannot share end both with one sentence, and leave no folder."""
    flags = ("--backend", "gloo", "--nproc-per-node", "2", "--data.batch-size", "1", "--output-dir", "none-of-them")
    done = train(project, *flags)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: 2 processes cannot share batches of 1 out of 4 samples")
    assert "Traceback" not in done.stderr
    assert not (project.folder / "none-of-them").exists()


def test_a_run_that_diverged_is_not_finished(project: GeneratedProject) -> None:
    """It leaves with a code of its own, without results, and what was saved before is kept."""
    done = train(project, "--max-epochs", "3", "--name", "diverged", "--optimizer.learning-rate", "1e30")
    folder = project.folder / "outputs" / "diverged"
    assert done.returncode == 65, done.stderr
    assert "has NaN or infinity" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "results.json").exists()


@pytest.mark.parametrize("mounted", ["4k"], indirect=True)
def test_a_disk_that_is_full_before_the_start(project: GeneratedProject, mounted: Path) -> None:
    """One sentence, and no run that looks as if it had begun."""
    done = train(project, "--output-dir", str(mounted), "--name", "run")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: No run can be written in '{mounted}': No space left on device.\nHint: ")
    assert not (mounted / "run" / "config.yaml").exists()


@pytest.mark.parametrize("mounted", ["16k", "300k"], indirect=True)
def test_a_disk_that_becomes_full(project: GeneratedProject, mounted: Path) -> None:
    """The training goes to its end; each kind of file that is missing is said once, and all of them at the end."""
    done = train(project, "--output-dir", str(mounted), "--name", "run", "--max-epochs", "3")
    *_, last, hint = done.stderr.splitlines()
    assert done.returncode == 1
    assert last.startswith("Error: Files of this run could not be written: ")
    assert hint.startswith("Hint: ")
    assert "Traceback" not in done.stderr
    assert "epoch   3/3" in done.stdout
    assert "test     accuracy" in done.stdout
    for kind in ("checkpoint 'best_network'", "checkpoint 'last_checkpoint'"):
        assert done.stderr.count(f"{kind} could not be written: No space left on device.") == 1
        assert f"{kind}: No space left on device" in last
    assert not [path.name for path in mounted.rglob("*.tmp")]


def test_a_disk_that_is_read_only(project: GeneratedProject, mounted: Path) -> None:
    """Going on with a run there is refused in a sentence; nothing of it has changed."""
    assert train(project, "--output-dir", str(mounted), "--name", "run", "--max-epochs", "1").returncode == 0
    before = {path: path.read_bytes() for path in mounted.rglob("*") if path.is_file()}
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    done = train(project, "--resume", str(mounted / "run"), "--max-epochs", "2")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"Error: No run can be written in '{mounted / 'run'}': Read-only file system.\nHint: "
    )
    assert {path: path.read_bytes() for path in mounted.rglob("*") if path.is_file()} == before


PROGRAMS = {
    "evaluate": ((), "evaluation/test"),
    "predict": (("digit.png", "--output", "{run}/predictions.csv"), "predictions.csv"),
    "export": ((), "network.pt2"),
}
"""What is done with a run: the words after its folder, and what is written there."""


@pytest.fixture
def finished(project: GeneratedProject, mounted: Path) -> Path:
    """A run on a small disk, and an image to predict for."""
    assert train(project, "--output-dir", str(mounted), "--name", "run", "--max-epochs", "1").returncode == 0
    image.imsave(project.folder / "digit.png", [[0.0, 0.5], [0.5, 1.0]], cmap="gray")
    return mounted / "run"


@pytest.mark.parametrize("mishap", ["full", "in the way", "read-only"])
def test_programs_that_cannot_write_say_so(project: GeneratedProject, finished: Path, mishap: str) -> None:
    """One sentence each; nothing new is there, whole or in part, and what was there has not changed."""
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    if mishap == "full":
        fill(finished / "ballast")
    elif mishap == "in the way":
        (finished / "evaluation").write_text("a file where a folder should be")
        for name in ("predictions.csv", "network.pt2"):
            (finished / name).mkdir()
    else:
        subprocess.run(["mount", "-o", "remount,ro", str(finished.parent)], check=True)
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    for program, (words, target) in PROGRAMS.items():
        words = [word.format(run=finished) for word in words]
        command = [sys.executable, "-m", f"digits.{program}", str(finished), *words]
        done = run(command, environment, folder=project.folder)
        assert done.returncode == 1, done.stderr
        assert f"Error: '{finished / target}' cannot be written: " in done.stderr
        assert "Traceback" not in done.stderr
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before
    assert not list(finished.rglob("*.tmp"))


def fill(path: Path) -> None:
    """Writes to a file until its disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


REMOVING = """
import shutil
from digits import train
from digits.config import parse_config
from digits.runtime.engine import Engine

step = train.TrainStep.__call__

def removing(self, engine, batch):
    if engine.state.iteration == 6:  # in the second epoch
        shutil.rmtree("outputs/removed")
    return step(self, engine, batch)

train.TrainStep.__call__ = removing
flags = ["--backend", "none", "--overfit-batches", "4", "--data.batch-size", "16", "--max-epochs", "3"]
train.run(0, parse_config([*flags, "--name", "removed"]))
"""


def test_a_folder_that_is_removed(project: GeneratedProject) -> None:
    """The training goes to its end; the table of all epochs is there, and what is not is said."""
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    done = run([sys.executable, "-c", REMOVING], environment, folder=project.folder)
    assert done.returncode == 1
    assert "Error: Files of this run could not be written: checkpoint 'best_network': No such file" in done.stderr
    assert "Traceback" not in done.stderr
    rows = (project.folder / "outputs" / "removed" / "history.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["epoch", "1", "2", "3"]


def test_data_that_have_changed_end_all_processes(project: GeneratedProject) -> None:
    """A run whose data say something else now is not gone on with: rank 0 finds it, and none waits for the others."""
    flags = ("--name", "changed", "--backend", "gloo", "--nproc-per-node", "2")
    assert train(project, *flags, "--max-epochs", "1").returncode == 0
    known = project.folder / "outputs" / "changed" / "data.json"
    known.write_text(known.read_text().replace('"0"', '"zero"', 1))
    done = train(project, *flags[2:], "--resume", "outputs/changed", "--max-epochs", "2")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The data have changed since 'outputs/changed' began: ")
    assert "Traceback" not in done.stderr
    assert not [path.name for path in known.parent.rglob("*.tmp")]


@pytest.mark.parametrize("damage", ["empty", "binary", "of another kind", "a folder"])
def test_what_the_data_said_is_damaged(damage: str, project: GeneratedProject) -> None:
    """A sentence from all that read it, whatever is in its place; without it the run goes on, and writes it again."""
    folder = project.folder / "outputs" / damage
    flags = ("--backend", "none", "--overfit-batches", "2")
    assert train(project, *flags, "--name", damage, "--max-epochs", "1").returncode == 0
    known = folder / "data.json"
    whole = known.read_bytes()
    known.unlink()
    if damage == "a folder":
        known.mkdir()
    else:
        known.write_bytes({"empty": b"", "binary": b"\xff\xfe", "of another kind": b'{"sizes": 3}'}[damage])
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    goes_on = ("train", *flags, "--resume", str(folder), "--max-epochs", "2")
    for program in (goes_on, ("evaluate", str(folder)), ("export", str(folder))):
        command = [sys.executable, "-m", f"{project.package}.{program[0]}", *program[1:]]
        done = run(command, environment, folder=project.folder)
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: '{known}' cannot be read: ")
        assert "Traceback" not in done.stderr
    known.rename(folder / "damaged")
    assert train(project, *goes_on[1:]).returncode == 0
    assert known.read_bytes() == whole  # and so that of any run on the same data


PICTURES = {
    "vision-classification": ("confusion.png", "pictures: ", ()),
    "vision-dcgan": ("samples", "samples: ", ("--model.width", "4")),
    "language-model": ("samples.txt", "samples.txt: ", ("--model.width", "16", "--model.depth", "1")),
}
"""What a template draws or writes for people, what is said if it cannot, and how to make its network small."""


@pytest.mark.parametrize("template", PICTURES)
def test_what_is_for_people_only_stops_no_training(template: str, tmp_path: Path) -> None:
    """With a folder in a file's place, or a file in a folder's, the run has its results but for that, and says so."""
    name, kind, flags = PICTURES[template]
    made = make_project(tmp_path / "project", "project", template=template)
    run = ("--backend", "none", "--fast-dev-run", "--name", "run", *flags)
    environment = {**os.environ, "PYTHONPATH": str(made.folder / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", IN_THE_WAY, name, *run]
    done = subprocess.run(command, cwd=made.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"Error: Files of this run could not be written: {kind}" in done.stderr
    assert "Traceback" not in done.stderr
    assert (made.folder / "outputs" / "run" / "results.json").is_file()


IN_THE_WAY = """
import sys
from pathlib import Path
from project import train
from project.config import parse_config

opened = train.open_run_folder

def with_something_in_the_way(*words, **more):
    folder = opened(*words, **more)
    target = Path(folder.path) / sys.argv[1]
    target.mkdir() if target.suffix else target.write_text("a file where a folder should be")
    return folder

train.open_run_folder = with_something_in_the_way
train.run(0, parse_config(sys.argv[2:]))
"""
