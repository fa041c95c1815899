"""A signal to the whole group - a terminal's Ctrl-C, a closed window, a job that ends - while a project changes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.generator.cli.conftest import PACKAGES, plain_environment

from scaffold.cli.app import run

WHERE = ("--project", "trial", "--templates", "templates")
TRAIN = "src/trial/train.py"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
COMMANDS = {
    "update": ("update", "--yes"),
    "set": ("set", "tone=loud"),
    "add": ("add", "logger", "mlflow"),
    "abort": ("update", "--abort"),
}
INSTANTS = {
    "ruff at work": ("subprocess.Popen", "ruff", 2),
    "writing": ("open", ".scaffold/change/new", 2),
    "the journal appears": ("os.rename", ".scaffold/change/draft", 1),
    "files move": ("os.rename", ".scaffold/change/new", 2),
    "the journal goes": ("os.remove", ".scaffold/change/journal.json", 1),
    "nearly done": ("shutil.rmtree", ".scaffold/change", 1),
    "how it was is forgotten": ("shutil.rmtree", ".scaffold/undo", 3),
}
"""What Python tells before it does it, of what, and at which time of several."""
HOOK = """
import os, sys
left = [{times}]
def strike(event, words):
    if left and event == {event!r} and {place!r} in str(words[0]):
        left[0] -= 1
        if not left[0]:
            left.clear()
            os.killpg(os.getpgrp(), {number})
sys.addaudithook(strike)
"""
CASES = [
    (command, instant, SIGNALS[number] if command == "update" else SIGNALS[(number + place) % len(SIGNALS)])
    for place, command in enumerate(COMMANDS)
    for instant in INSTANTS
    if not (command == "abort" and instant == "ruff at work")
    for number in (range(len(SIGNALS)) if command == "update" else [list(INSTANTS).index(instant)])
]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders, one for each command: templates that have changed, the project, and what becomes of it."""
    root = tmp_path_factory.mktemp("states")
    for command, words in COMMANDS.items():
        folder = root / command
        shutil.copytree(Path(__file__).parent / "fixtures/templates", folder / "templates")
        with contextlib.chdir(folder):
            assert run(["new", "trial", "-t", "greeting", "--templates", "templates", "--yes"]) == 0
            train, template = Path("trial", TRAIN), folder / "templates/greeting/files/src/project_name/train.py.jinja"
            template.write_text(template.read_text().replace('print("hello"', 'print("HELLO"'))
            own = 'print("good morning"' if command == "abort" else 'print("hello"'
            train.write_text("# mine\n" + train.read_text().replace('print("hello"', own))
            if command == "abort":
                assert run(["update", "--yes", *WHERE]) == 1
            shutil.copytree("trial", "before")
            assert run([*words, *WHERE]) == 0
            Path("trial").rename("after")
            Path("before").rename("trial")
    return root


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a project."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def strike(tmp_path: Path) -> Path:
    """A folder for the hook, and one for temporary files."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.mark.parametrize(("command", "instant", "number"), CASES)
def test_a_signal_to_the_group(states: Path, strike: Path, command: str, instant: str, number: signal.Signals) -> None:
    """The project is the old or the new one, or says so and `--continue` mends it; the exit code says what came."""
    folder = strike / "work"
    shutil.copytree(states / command, folder)
    event, place, times = INSTANTS[instant]
    times = 1 if command == "abort" and place == ".scaffold/undo" else times
    (strike / "hook/sitecustomize.py").write_text(
        HOOK.format(event=event, place=place, times=times, number=int(number))
    )
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", *COMMANDS[command], *WHERE],
        cwd=folder,
        env=plain_environment(
            PYTHONPATH=os.pathsep.join([str(strike / "hook"), *PACKAGES]), TMPDIR=str(strike / "tmp")
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (-number if number is signal.SIGKILL else 128 + number), (done.stdout, done.stderr)
    if number is not signal.SIGKILL:
        assert not list((strike / "tmp").iterdir())
    with contextlib.chdir(folder):
        assert run(["update", "--continue", *WHERE]) in (0, 1, 2)
    if number is signal.SIGKILL:  # what was replaced counts for nothing without the list of it
        shutil.rmtree(folder / "trial/.scaffold/undo", ignore_errors=True)
    found, old, new = (files(each) for each in (folder / "trial", states / command / "trial", folder / "after"))
    assert found in (old, new)
    if number is signal.SIGINT:
        said = "Interrupted; nothing was written." if found == old else "Interrupted, too late."
        assert said in done.stderr
