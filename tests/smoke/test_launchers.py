"""Each template is trained in each way that a project can be started; what must be equal is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.projects import GeneratedProject, Run, horovod_python, make_project, xla_python

from scaffold.template.catalog import load_catalog

pytestmark = pytest.mark.slow

FLAGS = ("--overfit-batches", "4", "--max-epochs", "2", "--data.batch-size", "16")
TEMPLATES = [layer.id for layer in load_catalog().templates()]


@pytest.fixture(scope="module", params=TEMPLATES)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """A template's default project, with every backend."""
    folder = tmp_path_factory.mktemp("launched") / "project"
    return make_project(folder, "project", template=request.param, backend=["auto", "horovod", "xla-tpu"])


@pytest.fixture(scope="module")
def spawned(project: GeneratedProject) -> Run:
    """The project trained by two spawned processes."""
    return project.train("spawned", "--backend", "gloo", "--nproc-per-node", "2", *FLAGS)


def test_torchrun_gives_what_spawn_gives(project: GeneratedProject, spawned: Run) -> None:
    """Under torchrun two processes end with exactly the metrics that two spawned ones end with."""
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
    launched = project.train("torchrun", "--backend", "gloo", *FLAGS, launcher=torchrun)
    assert launched.results["world_size"] == spawned.results["world_size"] == 2
    assert launched.results["metrics"] == spawned.results["metrics"]


@pytest.mark.horovod
def test_horovod_goes_through(project: GeneratedProject, spawned: Run) -> None:
    """Under horovodrun two processes train, and end with the same metrics, all of them numbers."""
    python = Path(horovod_python())
    launcher = (str(python.with_name("horovodrun")), "--gloo", "-np", "2", "-H", "localhost:2", str(python))
    # `bin` first: the launcher asks for its own scripts by name.
    paths = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    launched = project.train("horovod", *FLAGS, launcher=launcher, environment=paths)
    assert (launched.results["backend"], launched.results["world_size"]) == ("horovod", 2)
    assert launched.results["metrics"].keys() == spawned.results["metrics"].keys()
    assert None not in launched.results["metrics"].values()


@pytest.mark.xla
def test_xla_goes_through(project: GeneratedProject, spawned: Run) -> None:
    """On a real XLA device one process trains to the same kinds of metrics, all of them numbers."""
    environment = {"PJRT_DEVICE": "CPU"}
    launched = project.train("xla", "--backend", "xla-tpu", *FLAGS, launcher=(xla_python(),), environment=environment)
    assert launched.results["device"].startswith("xla")
    assert launched.results["metrics"].keys() == spawned.results["metrics"].keys()
    assert None not in launched.results["metrics"].values()
