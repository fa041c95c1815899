import shlex
import subprocess
import sys

import pexpect
import pytest

COMPLETE = """
eval "$(scaffold completion bash)"
complete -p scaffold
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
COMP_LINE={line}
COMP_POINT=${{#COMP_LINE}}
_scaffold_completion scaffold 2>/dev/null  # `compopt` works on a terminal only
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def variables(folder, environment):
    """An environment in which `scaffold` is a command."""
    command = folder / "bin/scaffold"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m scaffold "$@"\n')
    command.chmod(0o755)
    plain = environment()
    return plain | {"PATH": f"{command.parent}:{plain['PATH']}"}


@pytest.fixture
def completed(folder, variables):
    """What bash offers for the last of some words, after the script was read by it."""

    def complete(*words):
        all_words = ["scaffold", *words]
        code = COMPLETE.format(words=shlex.join(all_words), line=shlex.quote(" ".join(all_words)))
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
        (
            ("",),
            [
                "new",
                "list",
                "show",
                "status",
                "diff",
                "update",
                "set",
                "add",
                "remove",
                "adopt",
                "doctor",
                "completion",
                "template",
            ],
        ),
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


def test_bash_completes_what_is_typed(folder, variables):
    """On a terminal, the tabulator completes a key, its value after the `=`, and a path with a space by bash itself."""
    (folder / "my answers.toml").touch()
    bash = pexpect.spawn("bash", ["--norc", "-i"], cwd=str(folder), env=variables | {"TERM": "dumb"}, timeout=60)
    bash.setwinsize(24, 200)
    bash.sendline("PS1=ready'> '; bind 'set enable-bracketed-paste off'; eval \"$(scaffold completion bash)\"")
    bash.expect_exact("ready> ")
    for typed, completed in (
        ("scaffold new --templates templates -t gre\t", "-t greeting "),
        ("--set vol\t", "--set volume="),
        ("3 --set tone=l\t", "3 --set tone=loud "),
        ("--answers my\t", "--answers my\\ answers.toml "),
    ):
        bash.send(typed)
        bash.expect_exact(completed)
    bash.close(force=True)


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
