from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.cli.app import run
from scaffold.life.apply import alone_in

Scaffold = Callable[..., object]

TRAIN = "src/trial/train.py"
WHERE = ("--project", "trial", "--templates", "templates")


@pytest.fixture
def trial(folder: Path, scaffold) -> Path:
    """A project of the greeting template."""
    done = scaffold("new", "trial", "-t", "greeting", "--templates", "templates", "--yes", "--logger", "mlflow")
    assert done.code == 0, done.err
    return folder / "trial"


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], None]:
    """Changes a text in a file of the templates."""

    def replace(path: str, old: str, new: str) -> None:
        file = folder / "templates" / path
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    return replace


def louder(change: Callable[[str, str, str], None]) -> None:
    """What becomes of the template: the greeting is another one."""
    change("greeting/files/src/project_name/train.py.jinja", 'print("hello"', 'print("HELLO"')


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a project."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_project_that_is_current(trial: Path, scaffold) -> None:
    """Status, update and its check say that there is nothing to do, with 0, and touch nothing."""
    before = files(trial)
    status = scaffold("status", "--exit-code", *WHERE)
    assert (status.code, status.err) == (0, "")
    assert status.out == (
        "trial: greeting, by torch-scaffold 0.2.0\n4 files as made, 0 edited, 0 deleted.\n\nUp to date.\n"
    )
    for words in (["update"], ["update", "--check"], ["update", "--dry-run"]):
        done = scaffold(*words, *WHERE)
        assert (done.code, done.out, done.err) == (
            0,
            "Nothing to do: the project is as it would be made now, but for your edits.\n",
            "",
        )
    assert scaffold("diff", *WHERE).out == ""
    assert files(trial) == before


def test_an_import_that_leads_nowhere(trial: Path, scaffold) -> None:
    """It needs the owner, which is told with the reason also where there is nothing to update."""
    (trial / "src/trial/own.py").write_text("from .runtime.metrics import Nothing\n")
    done = scaffold("update", *WHERE)
    assert (done.code, done.out.splitlines()[0].partition(":")[0]) == (1, "Nothing to do")
    assert "imports that lead nowhere\n  src/trial/own.py  `trial.runtime.metrics` has no 'Nothing'.\n" in done.out


def test_an_update_keeps_edits_and_takes_what_is_new(trial: Path, scaffold, change) -> None:
    """At different places both are there; the check says 1 before and 0 after; twice is once."""
    louder(change)
    (trial / TRAIN).write_text('"""Says hello, and more."""\n' + (trial / TRAIN).read_text().partition("\n")[2])
    assert scaffold("update", "--check", *WHERE).code == 1
    upstream = scaffold("diff", "--upstream", *WHERE).out
    assert upstream == (
        f"--- a/{TRAIN}\n+++ b/{TRAIN}\n@@ -3,4 +3,4 @@\n"
        ' TONE = "warm"\n VOLUME = 11\n \n-print("hello", TONE, VOLUME)\n+print("HELLO", TONE, VOLUME)\n'
    )
    done = scaffold("update", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert done.out == (f"Changed 'trial'.\nmerged (1 file): your edits and what is new, both\n  {TRAIN}\n")
    text = (trial / TRAIN).read_text()
    assert "and more" in text
    assert "HELLO" in text
    assert scaffold("update", "--check", *WHERE).code == 0
    own = scaffold("diff", *WHERE).out
    assert '-"""Says hello."""\n+"""Says hello, and more."""\n' in own
    assert "HELLO" not in own.replace(' print("HELLO"', "")


def test_conflicts_wait_for_the_owner(trial: Path, scaffold, change) -> None:
    """With 1, markers in the file and no other change until they are settled; `--continue` says what is left."""
    louder(change)
    (trial / TRAIN).write_text((trial / TRAIN).read_text().replace('"hello"', '"good morning"'))
    done = scaffold("update", *WHERE)
    assert (done.code, done.err) == (1, "")
    assert f"  {TRAIN} (1 conflict)\n" in done.out
    assert '<<<<<<< yours\nprint("good morning", TONE, VOLUME)\n||||||| as it was made\n' in (trial / TRAIN).read_text()
    status = scaffold("status", "--exit-code", *WHERE)
    assert status.code == 1
    assert f"  {TRAIN}  in conflict\n" in status.out
    assert f"`scaffold update` is not finished: 1 file waits for you: '{TRAIN}'.\n" in status.out
    for words in (["update"], ["set", "tone=loud"], ["update", "--check"], ["update", "--dry-run"]):
        refused = scaffold(*words, *WHERE)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("Error: `scaffold update` is not finished: 1 file waits for you")
    still = scaffold("update", "--continue", *WHERE)
    assert (still.code, still.out.splitlines()[0]) == (1, f"1 file still in conflict: '{TRAIN}'.")
    (trial / TRAIN).write_text("settled = True\n")
    finished = scaffold("update", "--continue", *WHERE)
    assert (finished.code, finished.out) == (0, "Done.\n")
    assert scaffold("update", *WHERE).code == 0
    assert (trial / TRAIN).read_text() == "settled = True\n"


def test_an_update_is_taken_back(trial: Path, scaffold, change) -> None:
    """`--abort` puts every byte back; without a change to take back it says so."""
    louder(change)
    (trial / TRAIN).write_text((trial / TRAIN).read_text().replace('"hello"', '"good morning"'))
    before = files(trial)
    assert scaffold("update", *WHERE).code == 1
    done = scaffold("update", "--abort", *WHERE)
    assert (done.code, done.out) == (0, "Taken back: every file is as it was before.\n")
    assert files(trial) == before
    for word in ("--abort", "--continue"):
        assert scaffold("update", word, *WHERE).code == 2


def test_deleted_renamed_and_own_files(trial: Path, scaffold, change, folder: Path) -> None:
    """What was deleted stays so, what was renamed is followed, and what is the owner's own is not overwritten."""
    louder(change)
    (folder / "templates/base/files/NOTES.md").write_text("new notes\n")
    (trial / "NOTES.md").write_text("my notes\n")
    (trial / "README.md").unlink()
    (trial / TRAIN).rename(trial / "src/trial/fit.py")
    done = scaffold("update", *WHERE)
    assert done.code == 1
    assert "beside (1 file): your own stays; the new one is beside it\n  NOTES.md (it is in NOTES.md.new)\n" in done.out
    assert ((trial / "NOTES.md").read_text(), (trial / "NOTES.md.new").read_text()) == ("my notes\n", "new notes\n")
    assert not (trial / "README.md").exists()
    assert not (trial / TRAIN).exists()
    assert "HELLO" in (trial / "src/trial/fit.py").read_text()
    assert scaffold("update", "--continue", *WHERE).code == 0
    assert scaffold("update", *WHERE).out.startswith("Nothing to do")


def test_a_layer_says_what_it_moved(trial: Path, scaffold, change, folder: Path) -> None:
    """An edited file goes with its template's to the new place, edits and all."""
    source = folder / "templates/greeting/files/src/project_name"
    (source / "train.py.jinja").rename(source / "greet.py.jinja")
    change("greeting/files/src/project_name/greet.py.jinja", "hello", "HELLO")
    with (folder / "templates/greeting/layer.toml").open("a") as layer:
        layer.write('[moved]\n"src/project_name/train.py" = "src/project_name/greet.py"\n')
    (trial / TRAIN).write_text((trial / TRAIN).read_text().replace("TONE = ", "MINE = 1\nTONE = "))
    done = scaffold("update", *WHERE)
    assert (done.code, done.err) == (0, "")
    assert f"  src/trial/greet.py (was {TRAIN})\n" in done.out
    assert not (trial / TRAIN).exists()
    text = (trial / "src/trial/greet.py").read_text()
    assert "MINE = 1" in text
    assert "HELLO" in text


def test_layout_is_no_conflict(trial: Path, scaffold, change) -> None:
    """An owner who lays out a file in another way gets what is new all the same, in the project's layout."""
    louder(change)
    (trial / TRAIN).write_text(
        '"""Says hello."""\n\nTONE   =  \'warm\'\nMINE = 1\nVOLUME = 11\n\nprint( "hello", \n   TONE, VOLUME )\n'
    )
    assert scaffold("update", *WHERE).code == 0
    assert (trial / TRAIN).read_text() == (
        '"""Says hello."""\n\nTONE = "warm"\nMINE = 1\nVOLUME = 11\n\nprint("HELLO", TONE, VOLUME)\n'
    )


def test_uncommitted_changes_are_refused(trial: Path, scaffold, change) -> None:
    """With git an update is a change of its own, unless told otherwise; without a repository git is not asked."""
    louder(change)
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-C", str(trial)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *words], check=True)
    (trial / "README.md").write_text("mine\n")
    (trial / "untracked.txt").write_text("mine\n")
    done = scaffold("update", *WHERE)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "Error: Git has uncommitted changes here: 'README.md'.\n"
        "Hint:  Commit them, so that the update is a change of its own; or say `--allow-dirty`.\n"
    )
    assert scaffold("update", "--dry-run", *WHERE).code == 0
    assert scaffold("update", "--allow-dirty", *WHERE).code == 0


def test_of_two_commands_the_second_is_told(trial: Path, scaffold, change) -> None:
    """While one command changes a project, another one says so and touches nothing; looking is always possible."""
    louder(change)
    before = files(trial)
    with alone_in(trial):
        done = scaffold("update", *WHERE)
        assert (done.code, done.err) == (2, "Error: Another run is at work in 'trial'.\nHint:  Wait for its end.\n")
        assert scaffold("status", *WHERE).code == 0
    assert files(trial) == before


def test_an_interrupt_that_comes_too_late(trial: Path, scaffold, change, folder: Path) -> None:
    """Ctrl-C amid the change lets it come to its end, says so with 130, and `--abort` takes it back."""
    louder(change)
    before = files(trial)
    child = os.fork()
    if not child:
        was = iter([True])

        def interrupt(event: str, arguments: tuple[object, ...]) -> None:
            if event == "os.rename" and str(arguments[1]).endswith(TRAIN) and next(was, False):
                raise KeyboardInterrupt

        os.chdir(folder)
        sys.addaudithook(interrupt)
        os._exit(run(["update", *WHERE]))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    assert "HELLO" in (trial / TRAIN).read_text()
    assert scaffold("update", "--abort", *WHERE).code == 0
    assert files(trial) == before


def test_documents_for_programs(trial: Path, scaffold, change) -> None:
    """`--json` has a schema with a version, and one document whatever happens."""
    louder(change)
    (trial / TRAIN).write_text((trial / TRAIN).read_text().replace('"hello"', '"good morning"'))
    status = json.loads(scaffold("status", "--json", *WHERE).out)
    assert (status["schema"], status["made_by"], status["clean"]) == ("torch-scaffold/status/1", "0.2.0", False)
    assert {"path": TRAIN, "state": "edited", "now_at": None} in status["files"]
    assert status["update"] == {"files": [{"path": TRAIN, "fate": "conflict"}]}
    diff = json.loads(scaffold("diff", "--json", *WHERE).out)
    assert (diff["schema"], [file["path"] for file in diff["files"]]) == ("torch-scaffold/diff/1", [TRAIN])
    update = scaffold("update", "--json", *WHERE)
    document = json.loads(update.out)
    assert (update.code, document["schema"], document["applied"]) == (1, "torch-scaffold/change/1", True)
    assert document["files"] == [{"path": TRAIN, "fate": "conflict", "at": None, "came_from": None, "conflicts": 1}]
    unfinished = json.loads(scaffold("status", "--json", *WHERE).out)["unfinished"]
    assert unfinished == {"command": "update", "conflicts": [TRAIN], "beside": {}}
    refused = json.loads(scaffold("update", "--json", *WHERE).out)
    assert set(refused) == {"schema", "error", "hint"}


def test_a_person_is_asked_first(trial: Path, terminal, change) -> None:
    """On a terminal the preview comes first; no means that nothing is touched."""
    louder(change)
    before = files(trial)
    window = terminal("update", *WHERE).see("Change it").press("n")
    window.see("Interrupted; nothing was written.")
    assert window.end() == 130
    assert files(trial) == before
    window = terminal("update", *WHERE).see("Would change 'trial'.").see("Change it").press("y")
    window.see("Changed 'trial'.")
    assert window.end() == 0


REFUSED = {
    ("status",): (
        "'.' is no project of torch-scaffold: it has no `.scaffold/project.toml`.",
        "Go to the folder of a project that `scaffold new` made.",
    ),
    ("update", "--check", "--abort", *WHERE): (
        "`--check`, `--continue`, `--abort` and `--dry-run` do not go together.",
        "Say one of them.",
    ),
    ("diff", "src/trial/trian.py", *WHERE): (
        "'src/trial/trian.py' is none of the files that this is about.",
        "Did you mean 'src/trial/train.py'? `scaffold status` lists the project's.",
    ),
    ("set", *WHERE): (
        "Nothing is given to set.",
        "Say `scaffold set KEY=VALUE`; `scaffold status --json` has the answers.",
    ),
    ("set", "tne=loud", *WHERE): (
        "There is no option 'tne'.",
        "Did you mean 'tone'? `scaffold show greeting` lists them all.",
    ),
    ("set", "tone=quiet", *WHERE): ("'tone' cannot be 'quiet'.", "It is one of warm, loud."),
    ("set", "volume=3", *WHERE): ("'volume' does not apply here: it needs `tone == 'loud'`.", "Leave 'volume' out."),
    ("add", "loger", "mlflow", *WHERE): (
        "There is no kind of addition 'loger'.",
        "Did you mean 'logger'? It is one of logger, metric, handler.",
    ),
    ("add", "logger", "mlfow", *WHERE): (
        "There is no logger 'mlfow'.",
        "Did you mean 'mlflow'? `scaffold add logger` shows what there is.",
    ),
    ("add", "metric", "SIMM", *WHERE): (
        "There is no metric 'SIMM'.",
        "Did you mean 'SSIM'? `scaffold add metric` shows what there is.",
    ),
    ("remove", "logger", "tensorboard", *WHERE): (
        "The project has no logger 'tensorboard' that was added.",
        "`scaffold add` shows what there is.",
    ),
    ("remove",): ("What is to be removed is not said.", "Say `scaffold remove KIND NAME`; `scaffold add` shows them."),
}


def test_what_cannot_be_is_refused(trial: Path, scaffold) -> None:
    """One sentence says what is wrong, one what to do; nothing is touched."""
    before = files(trial)
    for words, (message, hint) in REFUSED.items():
        done = scaffold(*words)
        assert (done.code, done.out, done.err) == (2, "", f"Error: {message}\nHint:  {hint}\n"), words
    assert files(trial) == before


def test_the_project_around_here_is_meant(trial: Path, scaffold) -> None:
    """From a folder within a project, commands are about that project, and files are named from there."""
    (trial / TRAIN).write_text("mine\n")
    paths = os.pathsep.join(str(Path(__file__).parents[3] / name) for name in ("generator", "runtime"))
    done = subprocess.run(
        [sys.executable, "-m", "scaffold", "diff", "train.py"],
        cwd=trial / "src/trial",
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"--- a/{TRAIN}\n")
