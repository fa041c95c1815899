import shlex
import subprocess
import sys

import pytest

COMPLETE = """
eval "$(scaffold completion bash)"
complete -p scaffold
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_scaffold_completion scaffold
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def completed(folder, environment):
    """What bash offers for the last of some words, after the script was read by it."""
    command = folder / "bin/scaffold"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m scaffold "$@"\n')
    command.chmod(0o755)
    variables = environment()
    variables["PATH"] = f"{command.parent}:{variables['PATH']}"

    def complete(*words):
        quoted = shlex.join(["scaffold", *words])
        code = COMPLETE.format(words=quoted)
        done = subprocess.run(
            ["bash", "--norc", "-c", code], cwd=folder, env=variables, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        head, *offered = done.stdout.splitlines()
        assert head == "complete -o default -F _scaffold_completion scaffold"
        return [word for word in offered if word]

    return complete


TEMPLATES = ("--templates", "templates")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), ["new", "list", "show", "completion"]),
        (("new", "--no"), ["--no-git"]),
        (("show", *TEMPLATES, ""), ["greeting", "poem"]),
        (("new", *TEMPLATES, "--template", "p"), ["poem"]),
        (("new", *TEMPLATES, "-t", "poem", "--backend", ""), ["auto", "gloo", "nccl"]),
        (("new", *TEMPLATES, "--logger", "m"), ["mlflow"]),
        (("new", *TEMPLATES, "-t", "greeting", "--set", "to"), ["tone=warm", "tone=loud"]),
        (("new", *TEMPLATES, "-t", "greeting", "--set", "be"), ["bells=yes", "bells=no"]),
        (("new", *TEMPLATES, "-t", "poem", "--set", "li"), ["lines="]),
        (("new", "--templates", "nowhere", "-t", ""), []),  # no error appears amid what is typed
        (("completion", "f"), ["fish"]),
    ],
)
def test_bash_completes(completed, words, offered):
    """Commands, flags, templates, and values of the templates' options are completed; bash completes paths itself."""
    assert completed(*words) == offered


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("zsh", "#compdef scaffold"),
        ("fish", "complete --command scaffold"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName scaffold"),
    ],
)
def test_other_shells_have_a_script(scaffold, shell, line):
    """The script for a shell names the command and the variable by which the shell will ask."""
    ended = scaffold("completion", shell)
    assert ended.code == 0, ended.err
    assert line in ended.out
    assert "_SCAFFOLD_COMPLETE" in ended.out


def test_fish_is_told_what_words_mean(scaffold):
    """Where a shell shows explanations, they are the choices' own."""
    asked = {"_SCAFFOLD_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    line = "scaffold new --templates templates -t greeting --set tone="
    assert scaffold(**asked, _TYPER_COMPLETE_ARGS=line.replace("tone=", "tone")).out.startswith("tone=warm\t")


def test_an_unknown_shell(scaffold):
    """A shell that there is no script for is refused, with those that there are."""
    ended = scaffold("completion", "bsh")
    assert (ended.code, ended.err) == (
        2,
        "Error: There is no completion for the shell 'bsh'.\n"
        "Hint:  Did you mean 'bash'? There is one for bash, zsh, fish, powershell.\n",
    )
