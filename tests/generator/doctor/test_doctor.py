"""`scaffold doctor` finds what is wrong, says what mends it, and says nothing of what is well."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.generator.cli.conftest import plain_environment

from scaffold.cli.app import run
from scaffold.doctor.finding import Finding
from scaffold.doctor.machine import examine_machine
from scaffold.doctor.patient import Patient, ask
from scaffold.doctor.project import examine_record, examine_run
from scaffold.doctor.trackers import examine_trackers
from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog

NO_LIST = "`pyproject.toml` has no list of them that can be read, so they were not looked at."
Examine = Callable[..., dict[str, Finding]]


@pytest.fixture(scope="module")
def found() -> Mapping[str, Any]:
    """What the tests' own environment says of itself."""
    return ask(
        sys.executable, ["torch", "torch_xla", "horovod.torch", "ruff"], ["torch>=2", "numpy>=99", "nope"], Path()
    )


@pytest.fixture
def examine(found: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Looks at this machine as if the environment had said some things otherwise."""
    for name in ("MASTER_PORT", "LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)

    def look(
        answers: Mapping[str, Any] | None = None, processes: int | None = None, **torch: Any
    ) -> dict[str, Finding]:
        changed = {**found, "torch": {**found["torch"], **torch}}
        patient = Patient(tmp_path, "python", answers or {}, "line", {}, changed)
        return {each.subject: each for each in examine_machine(patient, num_processes=processes)}

    return look


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it was made."""
    folder = tmp_path_factory.mktemp("made") / "line"
    write_project(generate(load_catalog(), "tabular", "line", {}), folder)
    return folder


def document(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    """The command's exit code and its JSON, the findings by subject."""
    code = run(["doctor", *map(str, words), "--json"])
    told = json.loads(capsys.readouterr().out)
    return code, told | {"findings": {each["subject"]: each for each in told["findings"]}}


@pytest.mark.slow
def test_a_project_that_is_well(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Two steps of it are trained, nothing needs its owner, and nothing is left of them."""
    monkeypatch.delenv("MASTER_PORT", raising=False)
    before = sorted(project.rglob("*"))
    code, told = document(capsys, "--project", project, "--python", sys.executable)
    assert (code, told["needs_you"], told["schema"]) == (0, 0, "torch-scaffold/doctor/1")
    assert told["findings"]["Run"]["message"] == "Two steps were trained and evaluated."
    assert told["findings"]["gloo"]["state"] == "good"
    assert [path for path in sorted(project.rglob("*")) if "__pycache__" not in path.parts] == before


def test_an_environment_without_anything(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is named with the command that brings it; nothing is trained."""
    venv.create(tmp_path / "env")
    python = tmp_path / "env/bin/python"
    code, told = document(capsys, "--project", project, "--python", python)
    findings = told["findings"]
    assert code == 1
    assert findings["torch"]["command"] == f"{python} -m pip install torch"
    assert findings["Dependencies"]["message"].startswith("Not as the project needs them: matplotlib>=3.9")
    assert findings["Dependencies"]["command"] == f"{python} -m pip install -e ."
    assert "Run" not in findings


def test_a_torch_that_is_broken(project: Path, tmp_path: Path) -> None:
    """A library that is missing in torch is told as its loader tells it (a stand-in for a torch, which only fails)."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/__init__.py").write_text("print('noise')\nraise ImportError('libcudart.so.12: cannot open')\n")
    environment = plain_environment(PYTHONPATH=f"{tmp_path}:{os.pathsep.join(sys.path)}")
    words = ["doctor", "--project", str(project), "--python", sys.executable]
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "It cannot be imported: ImportError: libcudart.so.12: cannot open." in done.stdout
    assert f"> {shlex.quote(sys.executable)} -m pip install --force-reinstall torch" in done.stdout
    assert done.stdout.endswith("1 thing to mend, by the commands after >.\n")


def test_requirements(found: Mapping[str, Any]) -> None:
    """Those that are missing and those of another version are told apart."""
    numpy = next(each for each in found["unmet"] if each.startswith("numpy"))
    assert found["unmet"] == [numpy, "nope (missing)"]
    assert numpy.startswith("numpy>=99 (")


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_what_is_no_python(project: Path, python: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is wrong usage, said in a sentence."""
    assert run(["doctor", "--project", str(project), "--python", python]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a project the machine alone is looked at; a folder that there is not is wrong usage."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASTER_PORT", raising=False)
    code, told = document(capsys, "--python", sys.executable)
    assert (code, told["project"]) == (0, None)
    assert not {"Record", "Files", "Dependencies", "Run"} & told["findings"].keys()
    assert run(["doctor", "--project", "nowhere"]) == 2


def test_a_python_that_is_too_old(found: Mapping[str, Any], tmp_path: Path) -> None:
    """The project's own bound counts."""
    patient = Patient(tmp_path, "python", {}, "line", {"requires-python": ">=3.99"}, found)
    first = next(examine_machine(patient, num_processes=None))
    assert (first.state, first.command) == ("wrong", "python3.99 -m venv .venv && .venv/bin/pip install -e .")


def test_backends_that_were_chosen(examine: Examine) -> None:
    """What the project was made for has to be there; what it was not made for need not be."""
    plain = examine({"backend": ["auto"]}, nccl=False, gpus=[], cuda_build=None)
    assert {plain[name].state for name in ("CUDA", "NCCL", "XLA", "Horovod")} == {"note"}
    chosen = examine({"backend": ["nccl", "xla-tpu", "horovod"]}, nccl=False, gpus=[], cuda_build=None)
    assert {chosen[name].state for name in ("CUDA", "NCCL", "XLA", "Horovod")} == {"wrong"}
    assert chosen["CUDA"].command == "python -m line.train --backend gloo"
    assert chosen["XLA"].command == "python -m pip install -e '.[xla]'"
    assert examine(gloo="no route to host")["gloo"].message == "Processes cannot meet: no route to host."


def test_gpus_that_torch_cannot_use(examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver with GPUs and a torch without them is told (a stand-in for the driver's program: there is none here)."""
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho Big GPU\necho Big GPU\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    cpu = examine(cuda_build=None, gpus=[])["CUDA"]
    assert (cpu.state, cpu.message) == ("wrong", "The driver has 2 GPUs (Big GPU), and this torch was built for CPUs.")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    hidden = examine(cuda_build="12.8", gpus=[])["CUDA"]
    assert (hidden.state, hidden.command) == ("wrong", "unset CUDA_VISIBLE_DEVICES")
    assert examine(cuda_build="12.8", gpus=[], cuda_error="driver too old")["CUDA"].state == "wrong"


def test_processes_against_gpus(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """More processes than GPUs, or than cores without any, is wrong; GPUs that would be idle are a note."""
    two = {"gpus": ["A", "A"], "cuda_build": "12.8", "nccl": True}
    assert examine(processes=2, **two)["Processes"].state == "good"
    assert examine(processes=3, **two)["Processes"].command == "python -m line.train --nproc-per-node 2"
    assert examine(**two)["Processes"].state == "note"
    cores = os.cpu_count() or 1
    assert examine(processes=cores, gpus=[])["Processes"].state == "good"
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", str(cores + 1))
    said = examine(gpus=[])["Processes"]
    assert (said.state, said.message.partition(" asks")[0]) == ("wrong", "SLURM_NTASKS_PER_NODE")


def test_the_port(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is taken is told with one that is free; what is no port is told too."""
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        monkeypatch.setenv("MASTER_PORT", str(taken.getsockname()[1]))
        said = examine()["Port"]
        assert said.state == "wrong"
        assert said.command is not None
        with socket.socket() as free:
            free.bind(("", int(said.command.rpartition("=")[2])))
    assert examine()["Port"].state == "good"
    monkeypatch.setenv("MASTER_PORT", "http")
    assert examine()["Port"].message == "MASTER_PORT is 'http', and no port."


def test_the_record_and_the_files(project: Path, tmp_path: Path) -> None:
    """Edits are counted and are nobody's fault; conflicts, a change half done and a damaged record are."""

    def states(folder: Path) -> dict[str, tuple[str, str]]:
        return {each.subject: (each.state, each.message) for each in examine_record(folder)}

    folder = tmp_path / "line"
    write_project(generate(load_catalog(), "tabular", "line", {}), folder)
    assert states(folder)["Record"] == ("good", "Whole.")
    (folder / "README.md").unlink()
    (folder / "src/line/steps.py").write_text("mine\n")
    assert states(folder)["Files"][0] == "good"
    assert states(folder)["Files"][1].startswith("1 edited, 0 renamed and 1 deleted of ")
    (folder / "src/line/steps.py").write_text("<<<<<<< yours\nmine\n")
    assert states(folder)["Files"] == ("wrong", "Conflicts are not settled in src/line/steps.py.")
    (folder / ".scaffold/change").mkdir()
    assert states(folder)["Record"][0] == "good"  # of two findings the later one: the record itself is whole
    assert next(examine_record(folder)).command == "scaffold update --continue"
    (folder / "src/line/steps.py").unlink()
    (folder / "src/line/task.py").rename(folder / "src/line/mine.py")
    assert states(folder)["Files"][1].startswith("0 edited, 1 renamed and 2 deleted of ")
    (folder / ".scaffold/pristine.tar.xz").write_bytes(b"")
    assert [each.state for each in examine_record(folder)] == ["wrong", "wrong"]


def test_what_is_said_of_a_record_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that was lost is made anew by the command that is told; that of one that is damaged says what to do."""

    def told(*more: str) -> int:
        [finding] = [each for each in examine_record(folder) if each.subject == "Record"]
        assert finding.command is not None
        return run([*finding.command.split()[1:], *more, "--project", str(folder)])

    folder = tmp_path / "line"
    write_project(generate(load_catalog(), "tabular", "line", {}), folder)
    (folder / ".scaffold/pristine.tar.xz").write_bytes(b"")
    assert told() == 2
    assert capsys.readouterr().err.endswith("Hint:  Take the folder from the project's history, or a backup.\n")
    (folder / ".scaffold/project.toml").unlink()
    assert told("--template", "tabular") == 0
    assert [each.state for each in examine_record(folder)] == ["good", "good"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project", NO_LIST),
        ("project = 1", NO_LIST),
        (
            "project.dependencies = 'torch'",
            NO_LIST,
        ),
        (
            "project.dependencies = [1]",
            NO_LIST,
        ),
        ("project.dependencies = ['torch >= ']", "Not as the project needs them: torch >=  (no requirement)."),
    ],
)
def test_settings_that_are_none(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an owner broke in `pyproject.toml` is told of the dependencies, and all else is looked at."""
    folder = tmp_path / "line"
    write_project(generate(load_catalog(), "tabular", "line", {}), folder)
    (folder / "pyproject.toml").write_text(text)
    _, told = document(capsys, "--project", folder, "--python", sys.executable, "--no-run")
    assert told["findings"]["Dependencies"]["message"] == message
    assert told["findings"]["torch"]["state"] == "good"


@pytest.mark.parametrize("number", ["0", "-1", "two", "²", "1.5", ""])
def test_what_is_no_number_of_processes(number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is wrong usage, said in a sentence: also what only looks like a digit."""
    assert run(["doctor", "--project", str(tmp_path), "--nproc-per-node", number, "--no-run"]) == 2
    assert capsys.readouterr().err.startswith("Error: `--nproc-per-node` should be a whole number from 1")


@pytest.mark.slow
def test_a_run_that_fails(found: Mapping[str, Any], tmp_path: Path) -> None:
    """Its own sentence is told, and the command that shows all of it fails in the same way."""
    folder = tmp_path / "line"
    write_project(generate(load_catalog(), "tabular", "line", {"dataset": "table"}), folder)
    patient = Patient(folder, sys.executable, {}, "line", {}, found)
    said = examine_run(patient)
    assert said.state == "wrong"
    assert said.message.startswith("Two steps end with exit code ")
    assert said.command is not None
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    again = subprocess.run(
        shlex.split(said.command), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode != 0
    assert said.message.partition(": ")[2].rstrip(".") in again.stderr + again.stdout


def test_trackers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is found where its tracker looks for it; a server that is named has to answer."""
    for name in ("WANDB_API_KEY", "MLFLOW_TRACKING_URI", "WANDB_BASE_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def look(name: str) -> list[tuple[str, str | None]]:
        return [(each.state, each.command) for each in examine_trackers([name])]

    assert look("tensorboard") == [("good", None)]
    assert look("wandb") == [("note", "wandb login")]
    (tmp_path / ".netrc").write_text("machine api.wandb.ai login user password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert look("wandb") == [("good", None)]
    assert look("mlflow") == []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        assert look("mlflow") == [("wrong", f"curl {address}")]  # bound, but nobody listens
        server.listen()
        assert look("mlflow") == [("good", None)]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://[nonsense")
    assert look("mlflow")[0][0] == "wrong"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    assert look("mlflow") == []
