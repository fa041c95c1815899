import subprocess
import sys

import pytest

HELP = """\
Usage: scaffold [OPTIONS] COMMAND [ARGS]...

  Write a PyTorch training project that trains at once and is yours to edit.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  new         Write a new project.
  list        List the templates, each with a line on what it makes.
  show        Show what a template makes, its options and its dependencies.
  status      Show how a project's files stand, and what is out of date.
  diff        Show what you changed, or what an update would change.
  update      Bring a project to the installed version; edits stay.
  set         Change answers that a project was made of; edits stay.
  add         Add a part, such as a logger, or a file that you deleted.
  remove      Take a part away again.
  adopt       Take in a project whose `.scaffold/` was lost.
  doctor      Find what keeps a project from running, and what mends it.
  completion  Print the script that lets a shell complete our words.
  template    Start a template, or look at one that is there.

  Examples:
    scaffold new                       ask, then write a project
    scaffold new my-project --template vision-classification --yes
    scaffold list                      the templates there are
    scaffold show vision-classification
"""
HEAVY = {"jinja2", "questionary", "prompt_toolkit", "pydantic", "rich", "ruff", "cookiecutter", "torch"}


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help(scaffold, words):
    """`scaffold` alone and its help flags show the commands and exit with 0."""
    ended = scaffold(*words)
    assert (ended.code, ended.out.rstrip() + "\n", ended.err) == (0, HELP, "")


def test_help_of_a_command_shows_every_flag(scaffold):
    """`scaffold new --help` names every flag and fits a terminal of 80 columns."""
    ended = scaffold("new", "--help")
    flags = "--template --name --backend --logger --git --no-git --set --answers --yes --dry-run --json --templates"
    assert ended.code == 0
    assert [flag for flag in flags.split() if flag not in ended.out] == []
    assert max(map(len, ended.out.splitlines())) <= 80


def test_help_fits_a_narrow_terminal(scaffold):
    """Help is broken for 40 columns; only the commands in the examples stay whole."""
    text, _, _ = scaffold("new", "--help", COLUMNS="40").out.partition("Examples:")
    assert max(map(len, text.splitlines())) <= 40


def test_version(scaffold):
    """`--version` prints the name of the distribution and its version."""
    from scaffold import __version__

    assert scaffold("--version").out == f"torch-scaffold {__version__}\n"


def test_values_are_read_without_pydantic(folder):
    """Typer's reader of values would take longer to import than all else; ours reads texts, lists, paths and flags."""
    words = ["new", "a b", "-t", "greeting", "--logger", "mlflow", "--set", "tone=warm", "--templates", "templates"]
    words += ["--backend", "gloo", "--no-git", "--dry-run", "--yes"]
    code = f"import sys; from scaffold.cli.app import run; print(run({words!r}), *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr.startswith("0 ")
    assert "--backend gloo --logger mlflow --yes" in done.stdout
    assert {"pydantic", "questionary", "importlib.metadata"}.isdisjoint(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["new", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    """Help and version import neither the renderer, nor the questions, nor torch."""
    code = f"import sys; from scaffold.cli.app import run; run({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stderr.split())
