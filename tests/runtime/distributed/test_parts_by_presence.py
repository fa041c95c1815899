"""What a project has of `idist` that was made for one process and torch.distributed only."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.runtime.distributed.processes import PROGRAMS, ROOT, environment
from tests.warm_python import run

ABSENT = {
    "comp_models": ("gradient_averaging", "horovod", "xla", "xla_loader"),
    "": ("activation_checkpointing", "sharded_model", "sharded_states", "streams"),
}


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runtime as such a project has it: modules left out, and the lists of names shortened."""
    folder = tmp_path_factory.mktemp("lean")
    package = folder / "scaffold_runtime" / "distributed"
    shutil.copytree(ROOT / "runtime" / "scaffold_runtime" / "distributed", package)
    for name in ("__init__.py", "exceptions.py", "nested_tensors.py"):
        shutil.copy(ROOT / "runtime" / "scaffold_runtime" / name, package.parent)
    for subpackage, modules in ABSENT.items():
        names = package / subpackage / "__init__.py"
        for module in modules:
            (names.parent / f"{module}.py").unlink()
            names.write_text(re.sub(rf"^from \.{module} import .*\n", "", names.read_text(), flags=re.MULTILINE))
    return folder


@pytest.mark.slow
def test_it_trains(lean: Path) -> None:
    """One process and two that it spawns train, without the modules of other backends."""
    command = [sys.executable, str(PROGRAMS / "one_program.py"), "--backend", "gloo", "--spawn", "2"]
    for words, world_size in ((command[:2], 1), (command, 2)):
        done = run(words, environment() | {"PYTHONPATH": str(lean)})
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["world_size"] == world_size


def test_it_says_what_is_not_there(lean: Path) -> None:
    """A backend that the project lacks is one sentence, and the command that brings it; an unknown one is unknown."""
    program = (
        "from scaffold_runtime import distributed as idist\n"
        "for backend in ('xla-tpu', 'horovod', 'smoke'):\n"
        "    try:\n"
        "        idist.Parallel(backend)\n"
        "    except idist.LaunchError as error:\n"
        "        print(error)\n"
    )
    done = run([sys.executable, "-c", program], environment() | {"PYTHONPATH": str(lean)})
    assert done.stdout.splitlines() == [
        "Backend 'xla-tpu' is not part of this project.",
        "Hint:  `scaffold add backend xla-tpu` brings it.",
        "Backend 'horovod' is not part of this project.",
        "Hint:  `scaffold add backend horovod` brings it.",
        "Unknown backend 'smoke'.",
        "Hint:  The backends are gloo, mpi, nccl; None is one process.",
    ], done.stderr


@pytest.mark.slow
def test_it_type_checks(lean: Path) -> None:
    """Strict pyright finds nothing: no module needs one that is left out."""
    config = lean / "pyrightconfig.json"
    config.write_text(
        json.dumps({"include": ["scaffold_runtime"], "typeCheckingMode": "strict", "reportUnknownMemberType": False})
    )
    checker = [sys.executable, "-m", "basedpyright", "--project", str(config), "--pythonpath", sys.executable]
    done = subprocess.run(checker, cwd=lean, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_core_names_no_backend_that_may_be_absent() -> None:
    """Outside of `comp_models` no code knows one of them, but for Ignite's flags of what is installed."""
    package = ROOT / "runtime" / "scaffold_runtime" / "distributed"
    named = [
        path.name
        for path in package.glob("*.py")
        if re.search(r"(?<!has_)xla|horovod", path.read_text(), flags=re.IGNORECASE)
    ]
    assert named == ["inspection.py"]


def test_it_says_what_shares_no_stream_out(lean: Path) -> None:
    """A stream goes through one process as it is; several processes or workers are told, before the first batch."""
    program = (
        "from torch.utils.data import IterableDataset\n"
        "from scaffold_runtime import distributed as idist\n"
        "class Numbers(IterableDataset):\n"
        "    def __iter__(self):\n"
        "        return iter(range(5))\n"
        "print([len(batch) for batch in idist.auto_dataloader(Numbers(), batch_size=2)])\n"
        "try:\n"
        "    idist.auto_dataloader(Numbers(), batch_size=2, num_workers=2)\n"
        "except idist.LaunchError as error:\n"
        "    print(error)\n"
    )
    done = run([sys.executable, "-c", program], environment() | {"PYTHONPATH": str(lean)})
    assert done.stdout.splitlines() == [
        "[2, 2, 1]",
        "This dataset is a stream, and this project lacks what shares one out (`distributed/streams.py`).",
        "Hint:  Give `split=False` if it shares itself out, or use one process without workers.",
    ]
