"""The default project as its owner finds it: small, with a true map, and a step that one can follow."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.code_lines import code_lines
from tests.projects import ROOT, GeneratedProject, make_project

OWN_FILES, OWN_LINES = 18, 1233
"""Files beside `runtime/`, but for `__init__` and `__main__`, and their lines."""

TRAINING_FILES, TRAINING_LINES = 11, 735
"""Of these, what is read to follow a training; the others are about trained networks."""

ABOUT_TRAINED = {"trained.py", "output.py", "pictures.py", "confusion.py", "evaluate.py", "predict.py", "export.py"}

RUNTIME_FILES, RUNTIME_LINES = 70, 5000
"""The runtime's files and lines of code at most; whoever adds some finds others to take away."""

FILES_OF_A_STEP = 10
"""Files of the project that one training step runs through."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The project of all defaults."""
    return make_project(tmp_path_factory.mktemp("default") / "digits")


@pytest.fixture
def package(project: GeneratedProject) -> Path:
    """Its package."""
    return project.folder / "src" / project.package


def test_its_own_code_is_read_in_one_sitting(package: Path) -> None:
    """What its owner edits is a handful of files, and some hundred lines; fewer, to follow a training."""
    files = [path for path in package.glob("*.py") if not path.name.startswith("__")]
    lines = {path.name: len(path.read_text().splitlines()) for path in files}
    training = {name: count for name, count in lines.items() if name not in ABOUT_TRAINED}
    assert (len(lines) <= OWN_FILES, sum(lines.values()) <= OWN_LINES) == (True, True), lines
    assert (len(training) <= TRAINING_FILES, sum(training.values()) <= TRAINING_LINES) == (True, True), training


def test_it_is_less_to_read_than_a_script_that_does_the_same(package: Path) -> None:
    """Lines of code, to follow a training, against those of plain PyTorch with the same features in one file."""
    files = [path for path in package.glob("*.py") if path.name not in ABOUT_TRAINED and path.name[0] != "_"]
    plain = ROOT / "tests" / "benchmarks" / "plain" / "vision_classification.py"
    assert sum(code_lines(path.read_text()) for path in files) < code_lines(plain.read_text())


def test_its_runtime_is_small(package: Path) -> None:
    """It carries what it uses: the bounds are what was reached, and they only ever go down."""
    sizes = {str(path): code_lines(path.read_text()) for path in package.glob("runtime/**/*.py")}
    assert (len(sizes) <= RUNTIME_FILES, sum(sizes.values()) <= RUNTIME_LINES) == (True, True), (
        len(sizes),
        sum(sizes.values()),
    )


def test_the_map_in_its_readme_is_true(project: GeneratedProject, package: Path) -> None:
    """The table names every file and folder of the package, and no other."""
    rows = re.findall(r"^\| `([\w./]+)` \|", (project.folder / "README.md").read_text(), flags=re.M)
    there = {path.name + "/" * path.is_dir() for path in package.iterdir()}
    assert len(rows) == len(set(rows))
    assert set(rows) == {name for name in there if not name.startswith("__")}


def test_git_ignores_data_and_outputs_at_the_top_only(project: GeneratedProject, tmp_path: Path) -> None:
    """A module called `data` is kept, a folder of images is not."""
    (tmp_path / ".gitignore").write_bytes((project.folder / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    paths = ["data/x.png", "outputs/run/log.txt", "src/digits/data/x.py", "src/digits/outputs/y.py"]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["data/x.png", "outputs/run/log.txt"]


TRACING = """
import sys

from digits.config import parse_config
from digits.runtime.engine import Engine, Events
from digits import steps, train

files = set()

def note(frame, event, argument):
    _, within, path = frame.f_code.co_filename.rpartition("/src/digits/")
    if within:
        files.add(path)
    return note

def note_running():  # functions that are running already tell their next lines too
    frame = sys._getframe(2)
    while frame is not None:
        frame.f_trace = note
        frame = frame.f_back
    sys.settrace(note)

class Watched(steps.TrainStep):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.count = 0

    def __call__(self, engine, batch):
        self.count += 1
        if self.count == 5:  # from within an iteration in the middle of an epoch ...
            note_running()
        if self.count == 6:  # ... to the same place of the next one
            sys.settrace(None)
        return super().__call__(engine, batch)

train.TrainStep = Watched
flags = ["--backend", "none", "--max-epochs", "1", "--name", "traced", "--overfit-batches", "8"]
train.run(0, parse_config([*flags, "--data.batch-size", "16"]))
print("files:", *sorted(files))
"""


@pytest.mark.slow
def test_a_step_is_followed_through_few_files(project: GeneratedProject) -> None:
    """From a batch to the next one, in the middle of an epoch, the run goes through few files of the project."""
    done = project.call(sys.executable, "-c", TRACING)
    files = next(line for line in done.stdout.splitlines() if line.startswith("files:")).split()[1:]
    assert "steps.py" in files
    assert len(files) <= FILES_OF_A_STEP, files


COUNTING = """
import json, sys

import torch.distributed as dist

counts = {"broadcast": 0, "_broadcast_coalesced": 0}

def counted(name):
    function = getattr(dist, name)
    def wrapper(*arguments, **options):
        counts[name] += 1
        return function(*arguments, **options)
    return wrapper

for name in counts:  # the first is the runtime's way, the second DDP's
    setattr(dist, name, counted(name))

from digits.config import parse_config
from digits.runtime import distributed as idist
from digits.runtime.run import launch
from digits.train import run

def counts_of(rank, epochs):
    before = dict(counts)
    flags = ["--backend", "gloo", "--name", f"epochs-{epochs}", "--overfit-batches", "4", "--data.batch-size", "16"]
    run(rank, parse_config([*flags, "--max-epochs", str(epochs)]))
    return {name: counts[name] - before[name] for name in counts}

def main(rank, config):
    one, two = counts_of(rank, 1), counts_of(rank, 2)
    from digits.model import ModelConfig, build_model
    before = counts["broadcast"]
    idist.broadcast_buffers(build_model(ModelConfig(), channels=1, num_classes=10))
    if idist.get_rank() == 0:
        per_epoch = {name: two[name] - one[name] for name in counts}
        print("counted:", json.dumps({**per_epoch, "once": counts["broadcast"] - before}))

launch(main, None, backend="gloo")
"""


@pytest.mark.slow
def test_a_validation_broadcasts_the_buffers_once(project: GeneratedProject, tmp_path: Path) -> None:
    """On two processes an epoch more costs one broadcast of all buffers, and one of DDP's for each training batch."""
    (tmp_path / "counting.py").write_text(COUNTING)
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    done = project.call(*torchrun, str(tmp_path / "counting.py"))
    counted = next(line for line in done.stdout.splitlines() if line.startswith("counted:"))
    numbers = ast.literal_eval(counted.removeprefix("counted:").strip())
    assert numbers["once"] > 0
    assert numbers["broadcast"] == numbers["once"]
    assert numbers["_broadcast_coalesced"] == 4


def test_few_lines_of_the_templates_carry_a_tag() -> None:
    """Templates are programs first: less than one line in a hundred is for Jinja, READMEs aside."""
    files = [path for path in (ROOT / "templates").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    lines = [line for path in files if "README" not in path.name for line in path.read_text().splitlines()]
    tagged = [line for line in lines if "{{" in line or "{%" in line]
    assert len(tagged) < len(lines) / 100, (len(tagged), len(lines))
