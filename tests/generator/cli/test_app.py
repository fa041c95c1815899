import shlex
import subprocess
import sys

import pytest

LIST = [sys.executable, "-m", "scaffold", "list", "--templates", "templates"]


def test_a_reader_that_leaves_is_no_error(folder):
    """`scaffold list | true` ends with 0 and says nothing, although nobody reads."""
    pipe = f"set -o pipefail; {shlex.join(LIST)} | true"
    done = subprocess.run(["bash", "-c", pipe], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_behind_the_output(folder):
    """Output that cannot be written is one error, once, and exit code 2."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(LIST, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "Error: The system refused: No space left on device.\nHint:  Check the permissions and the free space there.\n"
    )


def test_closed_streams(folder):
    """Without standard input and output at all, nothing is asked and the project is written."""
    words = shlex.join([sys.executable, *["-m", "scaffold", "new", "trial", "-t", "poem", "--templates", "templates"]])
    done = subprocess.run(["sh", "-c", f"{words} <&- >&-"], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "trial/poem.txt").exists()


@pytest.mark.parametrize("changes", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_names_that_the_encoding_lacks(scaffold, changes):
    """A word that the output's encoding lacks is shown with replacements, never a traceback."""
    ended = scaffold("new", "-t", "größe", "--templates", "templates", **changes)
    assert ended.code == 2
    assert ended.err.startswith("Error: There is no template 'gr")
    assert ended.err.endswith("'.\nHint:  `scaffold list` shows all of them.\n")


def test_json_after_a_double_dash_is_a_directory(scaffold, folder):
    """`-- --json` names a directory, and errors stay text."""
    ended = scaffold("new", "-t", "poem", "--templates", "none", "--", "--json")
    assert ended.out == ""
    assert ended.err.startswith("Error: ")


def test_interrupted_at_work(folder):
    """A Ctrl-C that comes while no question is open ends like one at a question."""
    code = (
        "import os, signal, sys\n"
        "from scaffold.template import catalog\n"
        "from scaffold.cli.app import run\n"
        "def press_ctrl_c(folder):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    signal.pause()\n"
        "catalog.load_catalog = press_ctrl_c\n"
        "sys.exit(run(['list']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted; nothing was written.\n")
