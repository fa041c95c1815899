from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.generator.cli.conftest import PACKAGES

from scaffold.cli.app import run

ROOT = Path(__file__).parents[3]
WHERE = ("--project", "trial", "--templates", "templates")
NEW = ("new", "trial", "-t", "greeting", "--templates", "templates", "--yes", "--logger", "mlflow")
RECORD = ".scaffold/project.toml"
TRAIN = "trial/src/trial/train.py"
WATCH = """
import os, sys
sys.addaudithook(
    lambda event, words: event == "subprocess.Popen" and open({path!r}, "a").write(os.path.basename(words[0]) + chr(10))
)
"""

Edit = Callable[[Path], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project that has a module of the runtime besides, and its templates."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(Path(__file__).parent / "fixtures/templates", folder / "templates")
    with contextlib.chdir(folder):
        assert run(NEW) == 0
        assert run(["add", "metric", "Average", "--yes", *WHERE]) == 0
    return folder


@pytest.fixture
def trial(folder: Path, made: Path) -> Path:
    """That project, in the folder of the test."""
    shutil.copytree(made / "trial", folder / "trial")
    return folder / "trial"


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., object]:
    """Runs `scaffold WORDS` in this process, which is quicker; how it ended."""
    monkeypatch.chdir(folder)

    def call(*words: str) -> object:
        code = run(words)
        return code, *capfd.readouterr()

    return call


@pytest.fixture
def programs(tmp_path: Path, scaffold) -> Callable[..., set[str]]:
    """Which programs a command starts."""
    watch = tmp_path / "watch"
    watch.mkdir()

    def started(*words: str) -> set[str]:
        (watch / "started").write_text("")
        (watch / "sitecustomize.py").write_text(WATCH.format(path=str(watch / "started")))
        assert scaffold(*words, PYTHONPATH=os.pathsep.join([str(watch), *PACKAGES])).code in (0, 1)
        return set((watch / "started").read_text().split())

    return started


def replace(path: Path, old: str, new: str) -> None:
    """Changes a text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def append(path: Path, text: str) -> None:
    """Writes at the end of a file, which may be new."""
    with path.open("a") as stream:
        stream.write(text)


def unseal(record: Path) -> None:
    """A record as older versions wrote it."""
    text = record.read_text()
    assert text.count("\nseal = ") == 1
    record.write_text(re.sub(r'\nseal = "[0-9a-f]{64}"\n', "\n", text))


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a project."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_unchanged_is_not_made_again(trial: Path, scaffold, programs) -> None:
    """Nothing is rendered and laid out to know that there is nothing to do, nor after the owner's edits."""
    append(trial / "src/trial/train.py", "MINE = 1\n")
    (trial / "README.md").unlink()
    before = files(trial)
    for words in (["update", "--yes"], ["update", "--check"], ["status"]):
        assert "ruff" not in programs(*words, *WHERE)
    assert files(trial) == before
    unseal(trial / RECORD)
    assert "ruff" in programs("status", *WHERE)  # else this test sees nothing


def test_a_change_seals_anew(trial: Path, folder: Path, scaffold, programs) -> None:
    """Whoever updates makes the project once; from then on it is known to be current."""
    replace(folder / "templates/greeting/files/src/project_name/train.py.jinja", "hello", "HELLO")
    assert "ruff" in programs("update", "--yes", *WHERE)
    assert "ruff" not in programs("update", "--yes", *WHERE)
    assert "HELLO" in (folder / TRAIN).read_text()


EDITS: dict[str, Edit] = {
    "nothing": lambda folder: None,
    "edited": lambda folder: append(folder / TRAIN, "MINE = 1\n"),
    "deleted": lambda folder: (folder / TRAIN).unlink(),
    "renamed": lambda folder: (folder / TRAIN).rename(folder / "trial/src/trial/fit.py"),
    "an import of what is there": lambda folder: append(
        folder / TRAIN, "from .runtime.metrics import Average\n\nprint(Average)\n"
    ),
    "an import of what is not there": lambda folder: append(
        folder / "trial/src/trial/own.py", "from .runtime.metrics import SSIM\n"
    ),
    "an import that leads nowhere": lambda folder: append(
        folder / "trial/src/trial/own.py", "from .runtime.metrics import Nothing\n"
    ),
    "a deleted module": lambda folder: (folder / "trial/src/trial/runtime/metrics/average.py").unlink(),
    "an answer by hand": lambda folder: replace(folder / "trial" / RECORD, 'tone = "warm"', 'tone = "loud"'),
    "a file of the template": lambda folder: replace(
        folder / "templates/base/files/README.md.jinja", "project", "PROJECT"
    ),
    "a new file of the template": lambda folder: append(folder / "templates/base/files/new.txt", "new\n"),
    "no file of the template": lambda folder: (folder / "templates/base/files/README.md.jinja").unlink(),
    "a file of the template is a program": lambda folder: (
        folder / "templates/base/files/src/project_name/__init__.py"
    ).chmod(0o755),
    "a requirement": lambda folder: replace(folder / "templates/loggers/mlflow/layer.toml", "mlflow>=3", "mlflow>=4"),
    "no file, and one that leads nowhere": lambda folder: (
        os.mkfifo(folder / "templates/pipe"),
        (folder / "templates/link").symlink_to("nowhere"),
    ),
    "what changes no project": lambda folder: append(folder / "templates/poem/files/more.txt", "more\n"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_seal_changes_nothing_but_the_time(trial: Path, folder: Path, here, edit: Edit) -> None:
    """Whatever the owner or the templates' author did, the commands say what they say of a project without a seal."""
    edit(folder)
    asked = (["status", "--json"], ["update", "--yes", "--json"])
    shutil.copytree(trial, folder / "kept")
    found: list[object] = []
    for has_seal in (True, False):
        if not has_seal:
            shutil.rmtree(trial)
            (folder / "kept").rename(trial)
            unseal(trial / RECORD)
        found.append([here(*words, *WHERE) for words in asked])
        if (trial / RECORD).read_text().count("\nseal = "):
            unseal(trial / RECORD)
        found.append(files(trial))
    assert found[:2] == found[2:]


def test_another_tool_makes_it_again(folder: Path, scaffold, tmp_path: Path) -> None:
    """A runtime, a ruff or a tool that is another one is looked at, and what it changes is told."""
    tool = tmp_path / "tool"
    for name in ("generator", "runtime", "templates"):
        shutil.copytree(ROOT / name, tool / name, ignore=shutil.ignore_patterns("__pycache__"))
    places = [str(tool / "generator"), str(tool / "runtime")]
    there = {"PYTHONPATH": os.pathsep.join(places)}
    assert scaffold(*NEW, **there).code == 0
    assert scaffold("add", "metric", "Average", "--yes", *WHERE, **there).code == 0
    assert scaffold("update", "--check", *WHERE, **there).code == 0
    append(tool / "runtime/scaffold_runtime/metrics/average.py", "\n# better\n")
    done = scaffold("update", "--check", *WHERE, **there)
    assert (done.code, "src/trial/runtime/ (1 file)" in done.out) == (1, True), done
    assert scaffold("update", "--yes", *WHERE, **there).code == 0
    assert scaffold("update", "--check", *WHERE, **there).code == 0
    (tmp_path / "other/ruff-99.0.dist-info").mkdir(parents=True)
    (tmp_path / "other/ruff-99.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: ruff\nVersion: 99.0\n")
    other = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "other"), *places])}
    assert scaffold("update", "--check", *WHERE, **other).code == 1
