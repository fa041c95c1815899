"""Insights of a run on two processes: what they tell is of both."""

from __future__ import annotations

import csv
import sys

import pytest
from tests.projects import GeneratedProject, Run, make_project

INSIGHTS = ["lr-finder", "gradient-norms", "throughput", "memory", "sanity-check"]
SMALL = ("--overfit-batches", "4", "--data.batch-size", "16", "--optimizer.clip-grad-norm", "1.0")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """A project with all of them."""
    return make_project(tmp_path_factory.mktemp("insights") / "digits", insights=INSIGHTS)


@pytest.mark.timeout(900)
def test_two_processes_tell_what_both_do(project: GeneratedProject) -> None:
    """Gradients are as large as one process's, for they are averaged; the samples of both count, after a resume too."""
    (alone,) = history(project.train("alone", *SMALL, "--backend", "none", "--max-epochs", "1"))
    flags = ("--backend", "gloo", "--max-epochs")
    first = history(project.train("both", *SMALL, *flags, "1", launcher=TORCHRUN))
    resumed = (*TORCHRUN, "-m", f"{project.package}.train", "--resume", "outputs/both", "--max-epochs", "2")
    project.call(*resumed)
    rows = history(Run(project.folder / "outputs" / "both", ""))
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[0] == first[0]
    assert rows[0]["train_gradient_norm"] == pytest.approx(alone["train_gradient_norm"], rel=0.1)
    for row in rows:
        assert row["train_clipped"] == 1.0
        assert row["train_gradient_norm"] <= row["train_gradient_norm_max"]
        # 4 batches of 16 on both together: more than one's half of them, by clocks that differ a little.
        assert row["train_samples_per_second"] * row["seconds"] > 40
        assert 0.0 < row["train_memory_gib"] < 10000.0
    said = (project.folder / "outputs/both/log.txt").read_text()
    assert said.count("Memory in GiB: ") == 2  # of each start, by rank 0


@pytest.mark.timeout(900)
def test_two_processes_look_for_a_rate(project: GeneratedProject) -> None:
    """They come to one number, which rank 0 says once."""
    words = ("-m", f"{project.package}.find_lr", "--backend", "gloo", "--nproc-per-node", "2", *SMALL)
    said = project.call(sys.executable, *words).stdout
    assert said.count("there the loss falls fastest") == 1
    assert (project.folder / "outputs" / "find_lr.png").read_bytes().startswith(b"\x89PNG")


def history(run: Run) -> list[dict[str, float]]:
    """The rows of its table."""
    with (run.folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
