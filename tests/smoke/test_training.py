"""One generated project, trained for real; `test_launchers.py` starts each template's in each way that it can be."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from tests.projects import GeneratedProject, Run, make_project, xla_python
from tests.warm_python import Program, run

pytestmark = pytest.mark.slow

EPOCHS = "3"

COUNTING = """
import json, runpy, sys
sys.argv[0] = "train"
import torch_xla.debug.metrics as counters
runpy.run_module("digits.train", run_name="__main__")
fallbacks = [name for name in counters.counter_names() if name.startswith("aten::")]
print(json.dumps({
    "compilations": counters.metric_data("CompileTime")[0],
    "executions": counters.metric_data("ExecuteTime")[0],
    "reads": counters.counter_value("aten::_local_scalar_dense") or 0,
    "fallbacks": [name for name in fallbacks if name != "aten::_local_scalar_dense"],
}))
"""

IN_THREADS = """
import torch_xla
import torch_xla.debug.metrics as counters
from digits.config import parse_config
from digits.runtime import distributed as idist
from digits.train import run

def main(index):
    idist.initialize("xla-tpu")
    run(index, parse_config(["--name", "threads", "--backend", "xla-tpu", "--fast-dev-run"]))
    idist.finalize()
    print("compilations", counters.metric_data("CompileTime")[0])

if __name__ == "__main__":
    torch_xla.launch(main)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The default project, with TensorBoard and every backend, in a folder with a space in its name."""
    return make_project(
        tmp_path_factory.mktemp("with a space") / "digits",
        loggers=["tensorboard"],
        backend=["auto", "horovod", "xla-tpu"],
    )


@pytest.fixture(scope="module")
def alone(project: GeneratedProject) -> Run:
    """The project trained by one process."""
    return project.train("alone", "--backend", "none", "--max-epochs", EPOCHS)


def test_one_process_learns(alone: Run) -> None:
    """Three epochs on a CPU reach 95 % of the test samples."""
    assert alone.results["metrics"]["accuracy"] > 0.95
    assert (alone.results["backend"], alone.results["world_size"]) == ("none", 1)


def test_without_a_terminal_the_output_is_plain_lines(alone: Run) -> None:
    """A line per epoch, no control characters, and the places of all that was written."""
    assert sum(line.startswith("epoch ") for line in alone.output.splitlines()) == int(EPOCHS)
    assert not {"\r", "\x1b"} & set(alone.output)
    for name in ("curves.png", "checkpoints", "results.json"):
        assert str(Path("outputs/alone") / name) in alone.output


def test_tensorboard_gets_the_curves(alone: Run) -> None:
    """Its own reader finds an accuracy for every epoch."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(alone.folder / "tensorboard"))
    events.Reload()
    tag = next(tag for tag in events.Tags()["scalars"] if tag.endswith("accuracy"))
    assert len(events.Scalars(tag)) >= int(EPOCHS)


@pytest.fixture(scope="module")
def spawned(project: GeneratedProject) -> Run:
    """The project trained by two spawned processes."""
    return project.train("spawned", "--backend", "gloo", "--max-epochs", EPOCHS, "--nproc-per-node", "2")


def test_two_spawned_processes_learn_the_same(spawned: Run, alone: Run) -> None:
    """`--nproc-per-node 2` reaches the accuracy of one process, within three points."""
    assert (spawned.results["backend"], spawned.results["world_size"]) == ("gloo", 2)
    assert spawned.results["metrics"]["accuracy"] == pytest.approx(alone.results["metrics"]["accuracy"], abs=0.03)


@pytest.mark.xla
def test_xla_learns_the_same_without_waiting(project: GeneratedProject, alone: Run) -> None:
    """On a real XLA device: the same accuracy, few compilations, and no read of the device in the training loop."""
    command = (xla_python(), "-c", COUNTING, "--name", "xla", "--backend", "xla-tpu", "--max-epochs", EPOCHS)
    done = project.call(*command, environment={"PJRT_DEVICE": "CPU"})
    counted = json.loads(done.stdout.splitlines()[-1])
    results = Run(project.folder / "outputs" / "xla", done.stdout).results

    assert results["device"].startswith("xla")
    assert results["metrics"]["accuracy"] == pytest.approx(alone.results["metrics"]["accuracy"], abs=0.03)
    iterations = int(EPOCHS) * (1257 // 64)
    assert counted["executions"] > iterations
    assert counted["compilations"] < 25
    assert counted["fallbacks"] == []
    assert counted["reads"] < iterations


@pytest.mark.xla
def test_it_trains_in_the_threads_of_torch_xla(project: GeneratedProject, tmp_path: Path) -> None:
    """`torch_xla.launch` starts a process per chip and calls the program in a thread of it, as on a TPU.

    A run of a few batches ends amid the data: what is read then - values of metrics, states for a checkpoint - does not
    compile the recorded step once more for each of them.
    """
    program = tmp_path / "in_threads.py"
    program.write_text(IN_THREADS)
    done = project.call(xla_python(), str(program), environment={"PJRT_DEVICE": "CPU"})
    results = Run(project.folder / "outputs" / "threads", done.stdout).results
    assert results["device"].startswith("xla")
    assert int(done.stdout.split("compilations")[1]) < 15
    assert "this run is in another one: SIGTERM, SIGUSR1, SIGINT will not save it" in done.stderr


def test_a_missing_backend_is_one_sentence(project: GeneratedProject) -> None:
    """NCCL without a GPU ends with two lines on stderr, exit code 1 and no traceback."""
    command = [sys.executable, "-m", "digits.train", "--backend", "nccl"]
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "CUDA_VISIBLE_DEVICES": ""}
    done = run(command, environment, folder=project.folder)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "nccl" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_own_tests_pass(project: GeneratedProject) -> None:
    """`pytest` in the project passes; nothing is skipped."""
    done = project.call(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert " passed" in done.stdout
    assert " skipped" not in done.stdout


@pytest.mark.xla
@pytest.mark.parametrize(
    "answers",
    [
        {"dataset": "cifar10", "model": "resnet"},
        {"dataset": "imagefolder", "model": "torchvision"},
    ],
    ids=lambda answers: answers["dataset"],
)
def test_own_tests_pass_where_torchvision_imports(answers: dict[str, str], tmp_path: Path) -> None:
    """With CIFAR-10 or a folder of images, made small, the project's own tests pass, whole runs among them."""
    project = make_project(tmp_path / "pictures", "pictures", **answers)
    done = project.call(xla_python(), "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert " passed" in done.stdout
    assert " skipped" not in done.stdout


def test_a_reader_that_leaves_does_not_disturb_the_run(project: GeneratedProject) -> None:
    """With its output's reader gone, as under `| head -1`, a run goes on to its results without a traceback."""
    words = ["-m", "digits.train", "--name", "piped", "--backend", "none"]
    flags = ["--overfit-batches", "4", "--max-epochs", "4"]
    environment = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "OMP_NUM_THREADS": "1"}
    with Program([*words, *flags], environment, stderr="apart", folder=project.folder) as process:
        assert process.stderr is not None
        assert process.stdout.readline().startswith("epoch")
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
    assert (project.folder / "outputs" / "piped" / "results.json").is_file()
