"""What a person sees in a terminal while a run goes on, on one process and on several."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pexpect
import pyte
import pytest
from tests.projects import GeneratedProject, make_project

SMALL = ("--overfit-batches", "4", "--data.batch-size", "16", "--model.width", "8", "--name", "run")
TWO = ("--backend", "gloo", "--nproc-per-node", "2")
WIDTH, HEIGHT = 90, 40


def in_terminal(project: GeneratedProject, *flags: str) -> str:
    """All that a run writes to its terminal."""
    environment = {**os.environ, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1", "TERM": "xterm-256color"}
    words = ["-m", f"{project.package}.train", *flags]
    child: pexpect.spawn[str] = pexpect.spawn(
        sys.executable,
        words,
        cwd=str(project.folder),
        env=environment,  # pyright: ignore[reportArgumentType]  # it has no type for it
        dimensions=(HEIGHT, WIDTH),
        encoding="utf-8",
        timeout=240,
    )
    child.expect(pexpect.EOF)
    child.close()
    written = child.before or ""
    assert child.exitstatus == 0, written
    return written


def screen(written: str) -> list[str]:
    """The lines that a person sees at the end."""
    shown = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(shown).feed(written)
    return [line.rstrip() for line in shown.display if line.strip()]


def rows(lines: list[str]) -> list[str]:
    """The epochs that a table shows."""
    return [found[1] for line in lines if (found := re.match(r"│ +(\d+) │", line))]


def test_two_processes_have_one_bar(tmp_path: Path) -> None:
    """Rank 0 draws it, and no other draws over it; what remains of an epoch is a line."""
    project = make_project(tmp_path / "digits")
    written = in_terminal(project, *SMALL, *TWO, "--max-epochs", "2")
    for epoch in (1, 2):
        assert len(re.findall(rf"epoch   {epoch}/2:   0%", written)) == 1
    assert [line[:11] for line in screen(written) if line.startswith("epoch")] == ["epoch   1/2", "epoch   2/2"]


@pytest.fixture
def with_table(tmp_path: Path) -> GeneratedProject:
    """A project that shows a table."""
    return make_project(tmp_path / "digits", progress="table")


def test_a_table_grows_by_a_row_for_each_epoch(with_table: GeneratedProject) -> None:
    """On two processes too, and resumed with the rows from before; `log.txt` has the lines that others would see."""
    in_terminal(with_table, *SMALL, *TWO, "--max-epochs", "2")
    lines = screen(in_terminal(with_table, "--resume", "outputs/run", "--max-epochs", "3"))
    assert rows(lines) == ["1", "2", "3"]
    assert not [line for line in lines if line.startswith("epoch")]
    assert [line for line in lines if re.match(r"┃ epoch ┃ train loss ┃ val accuracy ┃ val loss ┃ seconds ┃", line)]
    assert any(line.startswith("test     accuracy") for line in lines)
    log = (with_table.folder / "outputs" / "run" / "log.txt").read_text()
    assert re.findall(r"^epoch +(\d)/\d  train loss", log, flags=re.M) == ["1", "2", "3"]


def test_without_a_terminal_there_are_lines(with_table: GeneratedProject) -> None:
    """A line for each epoch, and nothing that is drawn."""
    printed = with_table.train("run", "--backend", "none", "--max-epochs", "2", *SMALL[:-2]).output
    assert re.findall(r"^epoch +(\d)/2  train loss", printed, flags=re.M) == ["1", "2"]
    assert "┃" not in printed
    assert "\x1b" not in printed
