import json
import shlex
import subprocess
import sys

import pytest

WROTE = """\
Wrote 'trial' from greeting: 6 files, {size}.

Next
  cd trial
  python -m venv .venv && . .venv/bin/activate
  pip install -e .
  python -m trial.train

Once it runs, `pip freeze --exclude-editable > requirements.lock` keeps the version of everything.

The same without questions
  scaffold new trial --template greeting --templates templates --yes
"""
REFUSED = {
    "new -t greting trial": "Error: There is no template 'greting'.\n"
    "Hint:  Did you mean 'greeting'? `scaffold list` shows all of them.\n",
    "new trial": "Error: A template is needed, and none is given.\n"
    "Hint:  Say `--template greeting`, for example. `scaffold list` shows all of them.\n",
    "new -t greeting": "Error: A name is needed, and none is given.\n"
    "Hint:  Say `--name my-project`, or give a DIRECTORY.\n",
    "new -t greeting full": "Error: The directory 'full' is not empty: it holds 'file'.\n"
    "Hint:  Choose another one, or empty it first; a `.git`, README, LICENSE and .gitignore may stay.\n",
    "new -t greeting --name full": "Error: The directory 'full' is not empty: it holds 'file'.\n"
    "Hint:  Choose another one, or empty it first; a `.git`, README, LICENSE and .gitignore may stay.\n",
    "new -t greeting full/file": "Error: 'full/file' is there already, and is no directory.\n"
    "Hint:  Choose another directory.\n",
    "new -t greeting torch": "Error: A project cannot be called 'torch': it would hide the module `torch`, "
    "which projects need.\nHint:  'torch-project' would do. Say it with `--name`; the directory may stay.\n",
    "new -t greeting sympy": "Error: A project cannot be called 'sympy': it would hide the module `sympy`, "
    "which torch needs.\nHint:  'sympy-project' would do. Say it with `--name`; the directory may stay.\n",
    "new -t greeting trial --name class": "Error: A project cannot be called 'class': `class` is a keyword of Python.\n"
    "Hint:  'class-project' would do.\n",
    "new -t greeting trial --backend glo": "Error: 'backend' cannot be 'glo'.\n"
    "Hint:  Did you mean 'gloo'? It is one of auto, gloo, nccl.\n",
    "new -t greeting trial --logger tensorbord": "Error: 'loggers' cannot be 'tensorbord'.\n"
    "Hint:  Did you mean 'tensorboard'? It is one of tensorboard, mlflow.\n",
    "new -t greeting trial --set tne=warm": "Error: There is no option 'tne'.\n"
    "Hint:  Did you mean 'tone'? `scaffold show greeting` lists them all.\n",
    "new -t greeting trial --set tone": "Error: `--set` needs KEY=VALUE, got 'tone'.\n"
    "Hint:  For example `--set backend=gloo`.\n",
    "new -t greeting trial --set tone=warm --set tone=loud": "Error: 'tone' is given more than once: "
    "'warm' and 'loud'.\nHint:  Give it once.\n",
    "new -t greeting trial --set backend=auto --backend gloo": "Error: 'backend' is given more than once: "
    "'auto' and 'gloo'.\nHint:  Give it once.\n",
    "new -t greeting trial --set volume=3": "Error: 'volume' does not apply here: it needs `tone == 'loud'`.\n"
    "Hint:  Leave 'volume' out.\n",
    "new -t greeting trial --set tone=loud --set volume=much": "Error: 'volume' should be a whole number, got 'much'.\n"
    "Hint:  For example `--set volume=11`.\n",
    "new -t greeting trial --set bells=yes --logger mlflow": "Error: 'bells=yes' and 'loggers=mlflow' "
    "cannot be together.\nHint:  Leave one of them out.\n",
    "new trial --set lins=3": "Error: There is no option 'lins'.\n"
    "Hint:  Did you mean 'lines'? `scaffold show poem` lists them all.\n",
    "new trial -t greeting --answers none.toml": "Error: The answers file 'none.toml' cannot be read: "
    "No such file or directory.\nHint:  `--answers` takes a TOML or JSON file.\n",
}


@pytest.mark.parametrize("words", REFUSED)
def test_refused(scaffold, folder, words):
    """What cannot be had is refused in two sentences, with exit code 2, and nothing is written."""
    (folder / "full").mkdir()
    (folder / "full" / "file").touch()
    before = sorted(folder.rglob("*"))
    ended = scaffold(*words.split(), "--templates", "templates")
    assert (ended.code, ended.out, ended.err) == (2, "", REFUSED[words])
    assert sorted(folder.rglob("*")) == before


def test_refused_as_json(scaffold):
    """With `--json` an error is a document on standard output, the exit code the same."""
    ended = scaffold("new", "trial", "-t", "greting", "--templates", "templates", "--json")
    assert (ended.code, ended.err) == (2, "")
    assert json.loads(ended.out) == {
        "schema": "torch-scaffold/error/1",
        "error": "There is no template 'greting'.",
        "hint": "Did you mean 'greeting'? `scaffold list` shows all of them.",
    }


@pytest.mark.parametrize("last", [[], ["--yes"]])
def test_defaults_without_a_terminal(scaffold, folder, last):
    """Without a terminal, with `--yes` or without, what is not given takes its default."""
    ended = scaffold("new", "trial", "--template", "greeting", "--templates", "templates", *last)
    assert ended.code == 0
    assert ended.err == ""
    size = ended.out.partition("files, ")[2].partition(".\n")[0]
    assert ended.out == WROTE.format(size=size)
    assert 'TONE = "warm"' in (folder / "trial/src/trial/train.py").read_text()
    assert not (folder / "trial/.git").exists()


def test_every_flag_counts(scaffold, folder):
    """Flags for the name, the backend, loggers and any option reach the files, in their types."""
    words = "new somewhere --name Other-Name -t greeting --backend gloo --logger mlflow --logger tensorboard"
    ended = scaffold(*words.split(), "--set", "tone=loud", "--set", "volume=3", "--templates", "templates")
    assert ended.code == 0, ended.err
    assert (
        folder / "somewhere/README.md"
    ).read_text() == "# other-name\n\nBackend gloo, loggers tensorboard, mlflow.\n"
    assert "VOLUME = 3\n" in (folder / "somewhere/src/other_name/train.py").read_text()


def test_directory_with_spaces(scaffold, folder):
    """A path with spaces works, gives the project its name, and is quoted in what is to be copied."""
    ended = scaffold("new", "my own/first try", "-t", "poem", "--templates", "templates")
    assert ended.code == 0, ended.err
    assert (folder / "my own/first try/src/first_try/__init__.py").is_file()
    assert "\n  cd 'my own/first try'\n" in ended.out
    assert "scaffold new 'my own/first try' --template poem --name first-try --templates templates --yes" in ended.out


def test_directory_that_looks_like_a_flag(scaffold, folder):
    """A directory that begins with a hyphen is written so that the shown commands reach it."""
    ended = scaffold("new", "-t", "poem", "--name", "trial", "--templates", "templates", "--", "-x")
    assert ended.code == 0, ended.err
    assert (folder / "-x/poem.txt").exists()
    assert "\n  cd ./-x\n" in ended.out
    assert "  scaffold new ./-x --template poem --name trial --templates templates --yes\n" in ended.out


def test_empty_directory_is_filled(scaffold, folder):
    """A directory that exists and is empty, even the current one by its path, takes the project."""
    (folder / "empty").mkdir()
    assert scaffold("new", folder / "empty", "-t", "poem", "--templates", "templates").code == 0
    assert (folder / "empty/poem.txt").read_text() == "la la la\n" * 4


def test_the_current_folder_is_filled(environment, folder):
    """`scaffold new .` moves the project into the folder that the shell is in, whose next steps need no `cd`."""
    (folder / "my own").mkdir()
    (folder / "my own/README.md").write_text("own")
    words = f"{shlex.quote(sys.executable)} -m scaffold new . -t greeting --templates ../templates"
    done = subprocess.run(
        ["sh", "-c", f"cd 'my own' && {words} && ls"], cwd=folder, env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("README.md\npyproject.toml\nsrc\n"), done.stdout  # by `ls`, in the same folder
    assert "Your own stays, instead of the project's: 'README.md'.\n" in done.stdout
    assert "\nNext\n  python -m venv .venv" in done.stdout
    assert (folder / "my own/README.md").read_text() == "own"


@pytest.mark.parametrize("words", [["", "-t", "poem"], ["--templates", ""], ["x", "--answers", ""]])
def test_an_empty_path_is_refused(scaffold, folder, words):
    """A path that an unset variable left empty is refused, and is not the current folder."""
    before = sorted(folder.rglob("*"))
    ended = scaffold("new", *words, *([] if "--templates" in words else ["--templates", "templates"]))
    shown = {"": "DIRECTORY", "--templates": "--templates DIR", "x": "--answers FILE"}[words[0]]
    assert (ended.code, ended.err) == (
        2,
        f"Error: {shown} is empty.\nHint:  Name a place, or leave it out; `.` is the current folder.\n",
    )
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("place", ["nope/../trial", "templates/../trial", "../{}/trial"])
def test_a_way_with_two_dots(scaffold, folder, place):
    """A directory with `..` in it, of which a part may be missing, is shown as a shell can go there."""
    ended = scaffold("new", place.format(folder.name), "-t", "poem", "--templates", "templates")
    assert ended.code == 0, ended.err
    assert "\n  cd trial\n" in ended.out
    assert "  scaffold new trial --template poem --templates templates --yes\n" in ended.out
    assert sorted(path.name for path in folder.iterdir()) == ["templates", "trial"]


def test_a_way_out_and_down_again(environment, folder):
    """A directory beside the current one is shown whole: a shell that came here by a link takes `..` otherwise."""
    (folder / "here").mkdir()
    words = ["new", "../trial", "-t", "poem", "--templates", folder / "templates"]
    code = f"import os; os.chdir('here'); from scaffold.cli.app import run; run({[str(word) for word in words]!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    assert f"\n  cd {folder.resolve() / 'trial'}\n" in done.stdout


def test_command_makes_the_same_project(scaffold, folder):
    """The command in the report, split as a shell does, makes the same bytes elsewhere."""
    words = ["--set", "tone=loud", "--set", "volume=3", "--logger", "tensorboard", "--set", "bells=yes"]
    scaffold("new", "first", "--name", "trial", "-t", "greeting", "--templates", "templates", *words)
    document = json.loads(
        scaffold("new", "second", "--name", "trial", "-t", "greeting", "--templates", "templates", *words, "--json").out
    )
    assert document["command"] == (
        "scaffold new second --template greeting --name trial --templates templates "
        "--logger tensorboard --set tone=loud --set volume=3 --set bells=yes --yes"
    )
    again = shlex.split(document["command"].replace(" second ", " third "))
    assert scaffold(*again[1:]).code == 0
    assert contents(folder / "first") == contents(folder / "second") == contents(folder / "third")


def test_json(scaffold, folder):
    """`--json` prints the place, the answers, every file with its size and layer, and the next steps."""
    ended = scaffold("new", "trial", "-t", "poem", "--templates", "templates", "--json")
    document = json.loads(ended.out)
    files = document.pop("files")
    assert document == {
        "schema": "torch-scaffold/new/1",
        "directory": "trial",
        "written": True,
        "template": "poem",
        "source": None,
        "name": "trial",
        "package": "trial",
        "git": False,
        "kept": [],
        "joined": [],
        "repository": None,
        "answers": {"backend": "auto", "loggers": [], "lines": 4},
        "data": None,
        "next_steps": ["cd trial", "python -m venv .venv && . .venv/bin/activate", "pip install -e ."],
        "lock": {
            "file": "requirements.lock",
            "command": "pip freeze --exclude-editable > requirements.lock",
        },
        "command": "scaffold new trial --template poem --templates templates --yes",
    }
    assert {file["path"]: file["size"] for file in files} == {
        path: len(content) for path, content in contents(folder / "trial").items()
    }
    assert {file["path"]: file["layer"] for file in files}["poem.txt"] == "poem"


def test_next_steps_by_uv(scaffold, folder, environment):
    """Where uv is installed, the next steps are its commands."""
    (folder / "bin").mkdir()
    (folder / "bin/uv").write_text("#!/bin/sh\n")
    (folder / "bin/uv").chmod(0o755)
    path = f"{folder / 'bin'}:{environment()['PATH']}"
    ended = scaffold("new", "trial", "-t", "greeting", "--templates", "templates", PATH=path)
    assert "\nNext\n  cd trial\n  uv sync\n  uv run python -m trial.train\n\n`uv sync` writes uv.lock, " in ended.out


def test_dry_run(scaffold, folder):
    """`--dry-run` shows every file with its size and writes nothing."""
    before = sorted(folder.rglob("*"))
    ended = scaffold("new", "trial", "-t", "poem", "--templates", "templates", "--dry-run")
    assert ended.code == 0
    head, blank, *tree = ended.out.splitlines()
    assert head.startswith("Would write 'trial' from poem: 6 files, ")
    assert blank == ""
    assert "poem.txt               36 B" in tree
    assert tree[-1] == "  scaffold new trial --template poem --templates templates --yes"
    assert sorted(folder.rglob("*")) == before


def test_answers_are_read_from_what_was_printed_or_kept(scaffold, folder):
    """The JSON of one run, and a project's own record, are answers files that make the same project."""
    words = ["-t", "greeting", "--templates", "templates", "--set", "tone=loud", "--logger", "mlflow"]
    (folder / "answers.json").write_text(scaffold("new", "first", *words, "--json").out)
    for place, file in (("second", "answers.json"), ("third", "first/.scaffold/project.toml")):
        ended = scaffold("new", place, "--answers", file, "--templates", "templates")
        assert ended.code == 0, ended.err
        assert contents(folder / place) == contents(folder / "first")


def test_flags_win_over_the_answers_file(scaffold, folder):
    """A flag beside an answers file replaces the one answer it is about."""
    (folder / "answers.toml").write_text(
        'template = "greeting"\nname = "trial"\n[answers]\ntone = "loud"\nvolume = 3\nloggers = ["mlflow"]\n'
    )
    ended = scaffold("new", "--answers", "answers.toml", "--set", "volume=4", "--templates", "templates")
    assert ended.code == 0, ended.err
    assert "VOLUME = 4\n" in (folder / "trial/src/trial/train.py").read_text()
    assert "loggers mlflow" in (folder / "trial/README.md").read_text()


def test_unwritable_place(scaffold, folder):
    """A place that the system refuses is one sentence, not a traceback."""
    ended = scaffold("new", "/proc/trial", "-t", "poem", "--templates", "templates")
    assert ended.code == 2
    assert ended.err == (
        "Error: The project could not be written to '/proc/trial': No such file or directory.\n"
        "Hint:  Nothing is there. Mend it and run again, or choose another directory.\n"
    )


def contents(root):
    """Bytes by path below a folder."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_a_file_is_viewed_before_it_is_there(scaffold, folder):
    """`--view` prints one file as it would be written; a misspelt one is named with the nearest; nothing is written."""
    words = ("new", "trial", "-t", "poem", "--templates", "templates", "--set", "lines=2", "--yes")
    ended = scaffold(*words, "--view", "poem.txt")
    assert (ended.code, ended.out) == (0, "la la la\nla la la\n")
    assert scaffold(*words, "--view", "poem.tx").err.startswith(
        "Error: There is no file 'poem.tx'.\nHint:  Did you mean"
    )
    assert not (folder / "trial").exists()


def test_what_would_change_is_shown(scaffold, folder):
    """`--diff` is what `diff -u` says of the folder as it is and as it would be; nothing is written."""
    (folder / "trial").mkdir()
    (folder / "trial/README.md").write_text("# mine\n")
    words = ("new", "trial", "-t", "poem", "--templates", "templates", "--set", "lines=2", "--yes")
    ended = scaffold(*words, "--diff")
    assert ended.code == 0, ended.err
    assert "--- /dev/null\n+++ b/poem.txt\n@@ -0,0 +1,2 @@\n+la la la\n+la la la\n" in ended.out
    assert "--- a/README.md\n+++ b/README.md\n@@ -1 +1,3 @@\n-# mine\n" in ended.out
    assert ".scaffold" not in ended.out
    assert [path.name for path in (folder / "trial").iterdir()] == ["README.md"]
