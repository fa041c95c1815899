import json

SHOWN = """\
greeting
A program that says hello.

It greets, in the tone of your choice.

There is nothing to train.

--backend NAME
  How processes talk to each other. Default: auto.
    auto  decide at run time
    gloo  on CPUs
    nccl  on NVIDIA GPUs

--logger NAME (repeatable)
  Where curves go besides history.csv. Default: none.
    tensorboard  event files
    mlflow       a server of your own

--set tone=...
  How it says it. Default: warm.
    warm  as to a friend
    loud  over the noise of a server room

--set volume=...
  How loud, from 1 to 11. Only if tone == 'loud'. Default: 11.

--set bells=...
  Ring bells too? Default: no.

Dependencies
  always               torch>=2.4
  always (dev)         pytest>=8
  loggers=tensorboard  tensorboard>=2.18
  loggers=mlflow       mlflow>=3

Files with the defaults (6 files, """


def test_show(scaffold):
    """A template's page has its description, every option it can ask, what each choice needs, and its files."""
    ended = scaffold("show", "greeting", "--templates", "templates")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(SHOWN)
    assert "  src/\n    my_project/\n      __init__.py        17 B\n      train.py           75 B\n" in ended.out
    assert ended.out.endswith("\nStart: scaffold new my-project --template greeting\n")


def test_show_as_json(scaffold):
    """`--json` has the same as data: types, conditions, and the choice that brings a dependency."""
    document = json.loads(scaffold("show", "greeting", "--templates", "templates", "--json").out)
    options = {option["name"]: option for option in document["options"]}
    assert list(options) == ["backend", "loggers", "tone", "volume", "bells"]
    assert options["volume"] == {
        "name": "volume",
        "kind": "int",
        "default": 11,
        "help": "How loud, from 1 to 11.",
        "when": "tone == 'loud'",
        "ask": True,
        "choice": None,
        "choices": [],
    }
    assert {"choice": "loggers=mlflow", "kind": "runtime", "requirement": "mlflow>=3"} in document["dependencies"]
    assert "src/my_project/train.py" in [file["path"] for file in document["files"]]


def test_show_an_unknown_template(scaffold):
    """A template that there is not is answered with the nearest one."""
    ended = scaffold("show", "pome", "--templates", "templates")
    assert (ended.code, ended.out, ended.err) == (
        2,
        "",
        "Error: There is no template 'pome'.\nHint:  Did you mean 'poem'? `scaffold list` shows all of them.\n",
    )


def test_show_on_a_narrow_terminal(terminal):
    """At 40 columns nothing is longer than the terminal is wide."""
    window = terminal("show", "greeting", "--templates", "templates", columns=40, rows=80)
    assert window.end() == 0
    assert "  Default: auto.\n    auto\n      decide at run time\n" in window.text()
    assert "Only if tone\n  == 'loud'. Default: 11.\n" in window.text()


def test_long_folders_are_counted(scaffold):
    """The copied runtime of a real template is counted by folder, not listed file by file."""
    out = scaffold("show", "vision-classification").out
    assert " files)" in out.partition("runtime/")[2]
    assert "engine.py" not in out
