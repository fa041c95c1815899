import shlex
import shutil
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

    def complete(*words, cwd=folder):
        all_words = ["scaffold", *words]
        code = COMPLETE.format(words=shlex.join(all_words), line=shlex.quote(" ".join(all_words)))
        done = subprocess.run(
            ["bash", "--norc", "-c", code], cwd=cwd, env=variables, capture_output=True, text=True, check=True
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


@pytest.fixture
def project(scaffold, folder):
    """A project with one logger, in `trial`."""
    words = ("-t", "greeting", "--logger", "mlflow", "--templates", "templates", "--yes", "--no-git")
    assert scaffold("new", "trial", *words).code == 0
    return folder / "trial"


IN_PROJECT = ("--project", "trial", *TEMPLATES)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("add", *IN_PROJECT, "l"), ["logger"]),
        (("add", *IN_PROJECT, "logger", ""), ["tensorboard"]),  # the other one is there
        (("add", *IN_PROJECT, "metric", "SSI"), ["SSIM"]),
        (("add", *IN_PROJECT, "handler", "FastaiL"), ["FastaiLRFinder"]),
        (("remove", *IN_PROJECT, "logger", ""), ["mlflow"]),
        (("remove", *IN_PROJECT, "m"), []),
        (("diff", *IN_PROJECT, "src/trial/t"), ["src/trial/train.py"]),
        (("set", *IN_PROJECT, "li"), []),  # it is of another template
        (("set", *IN_PROJECT, "loggers=mlflow,"), ["mlflow,tensorboard"]),  # bash has what is behind the sign
        (("add", "--project", "templates", ""), []),
    ],
)
def test_bash_completes_in_a_project(project, completed, words, offered):
    """Kinds and names of parts, those that the project lacks or has; its files; the options of its own template."""
    assert completed(*words) == offered


def test_files_are_completed_from_where_one_is(project, completed):
    """In a folder of the project, its files are named from there; those of the runtime only once it is named."""
    assert [word for word in completed("diff", "--project", "trial", "src/") if "runtime" in word] == []
    assert completed("diff", "trial/t", cwd=project / "src") == ["trial/train.py"]


SAID = ("scaffold add --project trial --templates templates ", "scaffold diff --project trial src/trial/t")
REQUIRED = "it is not installed here"


@pytest.mark.skipif(shutil.which("fish") is None, reason=REQUIRED)
def test_fish_completes(project, folder, variables):
    """A real fish offers commands, names with what they mean, files, and paths where nothing of ours is asked for."""
    for typed, offered in {
        "scaffold compl": "completion\tPrint the script that lets a shell...",
        f"{SAID[0]}logger ": "tensorboard\tevent files",
        SAID[1]: "src/trial/train.py",
        "scaffold new --templates templates -t greeting --set tone=l": "tone=loud\tover the noise of a server room",
        "scaffold new --answers templates/po": "templates/poem/",
    }.items():
        program = f"source (scaffold completion fish | psub); complete -C {shlex.quote(typed)}"
        done = subprocess.run(
            ["fish", "--no-config", "-c", program],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        assert offered in done.stdout.splitlines(), (typed, done.stdout, done.stderr)


@pytest.mark.skipif(shutil.which("zsh") is None, reason=REQUIRED)
def test_zsh_completes_what_is_typed(project, folder, variables):
    """On a terminal, the tabulator of a real zsh completes names, values, files and paths."""
    zsh = pexpect.spawn("zsh", ["-f", "-i"], cwd=str(folder), env=variables | {"TERM": "dumb"}, timeout=60)
    zsh.setwinsize(24, 200)
    zsh.sendline("autoload -Uz compinit; compinit -u -D; eval \"$(scaffold completion zsh)\"; print ready''1")
    zsh.expect_exact("ready1")
    for typed, completed in (
        (f"{SAID[0]}logg\t", "er "),
        ("ten\t", "tensorboard "),
        (f"\x15{SAID[1]}\t", "rain.py "),
        ("\x15scaffold new --templates templates -t gre\t", "eting "),
        ("--set tone=l\t", "oud "),
        ("--answers templates/po\t", "em/"),
    ):
        zsh.send(typed)
        zsh.expect_exact(completed)
    zsh.close(force=True)


def test_bash_completes_what_is_typed(folder, variables):
    """On a terminal, the tabulator completes a key, its value after the `=`, and a path with a space by bash itself."""
    (folder / "my answers.toml").touch()
    bash = pexpect.spawn("bash", ["--norc", "-i"], cwd=str(folder), env=variables | {"TERM": "dumb"}, timeout=60)
    bash.setwinsize(24, 200)
    bash.sendline("PS1=ready'> '; bind 'set enable-bracketed-paste off'; eval \"$(scaffold completion bash)\"")
    bash.expect_exact("ready> ")
    for typed, completed in (
        ("scaffold new --templates templates -t gre\t", "eting "),
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
