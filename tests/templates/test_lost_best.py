"""A run whose best checkpoint is lost while it trains still ends: with the next best, or with its newest weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.projects import GeneratedProject, Run, make_project

LOSING = """
import sys
from pathlib import Path

import torch

from digits import checkpoints, train
from digits.config import parse_config

load_best = checkpoints.Checkpoints.load_best
name, how, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

def lose_and_load(self):
    files = sorted(Path("outputs", name, "checkpoints").glob("best_*.pt"))
    assert len(files) == 2
    for file in files[-count:]:
        content = bytearray(file.read_bytes())
        file.unlink()
        if how == "a folder":
            file.mkdir()
        elif how == "a changed byte":
            content[len(content) // 2] ^= 16
            file.write_bytes(content)
    newest = {key: value.clone() for key, value in self._networks["network"].state_dict().items()}
    kept = newest if count == 2 else torch.load(files[0], weights_only=True)
    load_best(self)
    tested = self._networks["network"].state_dict()
    print("tested are the right ones:", all(torch.equal(tested[key], kept[key]) for key in kept))

checkpoints.Checkpoints.load_best = lose_and_load
train.run(0, parse_config(["--backend", "none", "--max-epochs", "3", "--data.batch-size", "32", "--name", name]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The project of all defaults."""
    return make_project(tmp_path_factory.mktemp("project") / "digits")


@pytest.mark.parametrize("how", ["nothing", "a folder", "a changed byte"])
@pytest.mark.parametrize("count", [1, 2])
def test_the_run_ends(project: GeneratedProject, how: str, count: int) -> None:
    """It says which file it could not use and why, tests what is left, and writes its results."""
    name = f"{how}-{count}".replace(" ", "-")
    done = project.call(sys.executable, "-c", LOSING, name, how, str(count))
    results = Run(project.folder / "outputs" / name, done.stdout).results
    assert results["metrics"]["accuracy"] > 0.3
    assert "tested are the right ones: True" in done.stdout
    assert "best_network" in done.stdout
    assert ("No best checkpoint" in done.stdout) == (count == 2)
    assert Path(project.folder / "outputs" / name / "curves.png").is_file()
