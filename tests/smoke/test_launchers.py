"""Each template is trained in each way that a project can be started; what must be equal is.

Two runs that are held against each other have the same interpreter: docstrings of installed libraries are data, too.
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import pytest
from tests.projects import GeneratedProject, Run, horovod_python, make_project, xla_python

from scaffold.template.catalog import load_catalog

pytestmark = pytest.mark.slow

FLAGS = ("--overfit-batches", "4", "--max-epochs", "2", "--data.batch-size", "16")
SMALLER = {
    "text-classification": ("--data.docstrings-per-library", "200"),
    "language-model": ("--model.depth", "1", "--model.width", "32"),
}
"""Flags for what takes longer to read, or to compile, than eight steps do."""

TEMPLATES = [layer.id for layer in load_catalog().templates()]

SAMPLE = 1 / 64
"""What one sample of the four batches is worth, where a metric counts samples: rounding may turn some around."""

WITHOUT_DROPOUT = {
    "tabular": ("--model.dropout", "0"),
    "text-classification": ("--model.dropout", "0", "--model.word-dropout", "0"),
}
"""Flags for which a step draws no random numbers on the device: XLA's are others than a CPU's."""

ROUNDING_OF_XLA = dict.fromkeys(TEMPLATES, 0.02) | {"vision-dcgan": 0.1}
"""What kernels that sum in another order may make of eight steps.

A DCGAN's images are shifted by chance besides, which the device draws.
"""


@pytest.fixture(scope="module", params=TEMPLATES)
def template(request: pytest.FixtureRequest) -> str:
    """Each of them."""
    return request.param


@pytest.fixture(scope="module")
def project(template: str, tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """A template's default project, with every backend, in a folder with a space in its name."""
    folder = tmp_path_factory.mktemp("with a space") / "project"
    return make_project(folder, "project", template=template, backend=["auto", "horovod", "xla-tpu"])


@pytest.fixture(scope="module")
def flags(template: str) -> tuple[str, ...]:
    """Of a run of a few steps."""
    return (*FLAGS, *SMALLER.get(template, ()))


@pytest.fixture(scope="module")
def spawned(project: GeneratedProject, flags: tuple[str, ...]) -> Run:
    """The project trained by two spawned processes."""
    return project.train("spawned", "--backend", "gloo", "--nproc-per-node", "2", *flags)


def training_losses(run: Run) -> list[float]:
    """One for each epoch."""
    with (run.folder / "history.csv").open(newline="") as file:
        return [float(row["train_loss"]) for row in csv.DictReader(file)]


def hold_against(run: Run, other: Run, *, rounding: float) -> None:
    """Two runs have trained to the same, but for the order in which kernels and networks add numbers.

    Args:
        run: one.
        other: the other.
        rounding: what it makes of eight steps, as a part of the values, or of 1 where they are small.
    """
    assert training_losses(run) == pytest.approx(training_losses(other), rel=rounding, abs=rounding)
    assert run.results["metrics"] == pytest.approx(other.results["metrics"], rel=rounding, abs=3 * SAMPLE)


def test_torchrun_gives_what_spawn_gives(project: GeneratedProject, spawned: Run, flags: tuple[str, ...]) -> None:
    """Under torchrun two processes end with exactly the metrics that two spawned ones end with."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    launched = project.train("torchrun", "--backend", "gloo", *flags, launcher=torchrun)
    assert launched.results["world_size"] == spawned.results["world_size"] == 2
    assert launched.results["metrics"] == spawned.results["metrics"]


@pytest.mark.horovod
def test_horovod_gives_what_gloo_gives(project: GeneratedProject, flags: tuple[str, ...]) -> None:
    """Under horovodrun two processes learn what two spawned ones learn: both average the same two gradients."""
    python = Path(horovod_python())
    gloo = project.train("gloo", "--backend", "gloo", "--nproc-per-node", "2", *flags, launcher=(str(python),))
    launcher = (str(python.with_name("horovodrun")), "--gloo", "-np", "2", "-H", "localhost:2", str(python))
    # `bin` first: the launcher asks for its own scripts by name.
    paths = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    launched = project.train("horovod", *flags, launcher=launcher, environment=paths)
    assert (launched.results["backend"], launched.results["world_size"]) == ("horovod", 2)
    hold_against(launched, gloo, rounding=5e-3)


@pytest.mark.xla
def test_xla_gives_what_a_cpu_gives(template: str, project: GeneratedProject, flags: tuple[str, ...]) -> None:
    """On a real XLA device one process learns what one on the CPU learns, by kernels that round otherwise."""
    flags = (*flags, *WITHOUT_DROPOUT.get(template, ()))
    environment = {"PJRT_DEVICE": "CPU"}
    launched = project.train("xla", "--backend", "xla-tpu", *flags, launcher=(xla_python(),), environment=environment)
    assert launched.results["device"].startswith("xla")
    alone = project.train("alone", "--backend", "none", *flags, launcher=(xla_python(),))
    hold_against(launched, alone, rounding=ROUNDING_OF_XLA[template])


@pytest.mark.parametrize("template", ["language-model"], indirect=True)
def test_a_network_in_parts_learns_what_whole_ones_learn(
    template: str, spawned: Run, flags: tuple[str, ...], tmp_path: Path
) -> None:
    """A language model whose parameters two processes share out (FSDP2) ends as with a copy in each (DDP)."""
    project = make_project(tmp_path / "project", "project", template=template, sharding="fsdp2")
    sharded = project.train("sharded", "--backend", "gloo", "--nproc-per-node", "2", *flags)
    assert (sharded.folder / "shards").is_dir()
    hold_against(sharded, spawned, rounding=5e-3)
