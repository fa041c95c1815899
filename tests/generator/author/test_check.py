"""`scaffold template check` finds what an author would be told of by users, and says where it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.generator.foreign.well_known import lay

from scaffold.cli.app import run

LAYER = 'help = "A note."\ntemplate = true\n'
TONE = """
[options.tone]
type = "choice"
default = "calm"
help = "How it sounds."
[options.tone.choices.calm]
[options.tone.choices.loud]
"""
CLEAN = "def f() -> int:\n    return 1\n"


def check(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what is said as JSON."""
    code = run(["template", "check", str(folder), "--json", *words])
    return code, json.loads(capsys.readouterr().out)


FAULTS: Mapping[str, tuple[Mapping[str, str], list[tuple[str, str, dict[str, Any]]]]] = {
    "nothing": ({"t/layer.toml": LAYER, "t/files/a.py": CLEAN}, []),
    "one combination only": (
        {"t/layer.toml": LAYER + TONE, "t/files/a.txt.jinja": "{% if tone == 'loud' %}{{ volume }}{% endif %}"},
        [("render", "'t/files/a.txt.jinja', line 1: 'volume' is undefined.", {"tone": "loud"})],
    ),
    "left over": (
        {
            "t/layer.toml": LAYER + TONE,
            "t/files/a.md.jinja": "one\n{% if tone == 'loud' %}{% raw %}{{ tone }}{% endraw %}{% endif %}",
            "t/files/b.toml": "name = 'project_name'\n",
        },
        [
            ("leftover", "'a.md', line 2, has `{{`.", {"tone": "loud"}),
            ("leftover", "'a.md', line 2, has `}}`.", {"tone": "loud"}),
            ("leftover", "'b.toml', line 1, has `project_name`.", {"tone": "calm"}),
        ],
    ),
    "unclean": (
        {"t/layer.toml": LAYER, "t/files/a.py": "import os\n\nprint(undefined)\n"},
        [
            (
                "lint",
                "Generated code is not clean: 'a.py', line 1: `os` imported but unused (F401, and 1 more). "
                "Mend 't/files/a.py', line 1.",
                {},
            )
        ],
    ),
    "no Python": (
        {"t/layer.toml": LAYER, "t/files/a.py": "def\n"},
        [("render", "'a.py' of layer 't', line 1: invalid syntax.", {})],
    ),
    "unused option": (
        {"t/layer.toml": LAYER + TONE, "t/files/a.txt.jinja": "{% if tone == 'loud' %}{% endif %}a\n"},
        [("unused", "The option 'tone' changes no file of 't'.", {})],
    ),
    "unread option": (
        {"t/layer.toml": LAYER + TONE, "t/files/a.txt": "a\n"},
        [("render", "Nothing reads the option 'tone' of 't'.", {"tone": "calm"})],
    ),
    "unread slot": (
        {"t/layer.toml": LAYER + "[slots]\nlines = ['a']\n", "t/files/a.txt": "a\n"},
        [("render", "Nothing reads the slot 'lines' that layers of 't' fill.", {})],
    ),
    "unused layer": (
        {"t/layer.toml": LAYER, "t/files/a.txt": "a\n", "lonely/layer.toml": "help = 'Lonely.'\n"},
        [("unused", "No template has the layer 'lonely'.", {})],
    ),
    "unused file": (
        {
            "t/layer.toml": LAYER + "extends = ['below']\nreplaces = ['a.txt']\n",
            "t/files/a.txt": "a\n",
            "below/layer.toml": "help = 'Below.'\n",
            "below/files/a.txt": "b\n",
        },
        [("unused", "No project has 'below/files/a.txt': a layer above always replaces it.", {})],
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of fault is told with its place, and with answers that show it."""
    files, faults = FAULTS[kind]
    code, told = check(lay(files, tmp_path / "theirs"), capsys)
    assert [(each["kind"], each["message"], each["answers"]) for each in told["faults"]] == faults
    assert code == bool(faults)


def test_answers_that_refuse_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What no user can have is not rendered: of four combinations one is refused."""
    fast = "[options.fast]\ntype = 'bool'\ndefault = false\nhelp = 'Fast?'\n"
    toml = LAYER + fast + TONE.replace("choices.loud]\n", "choices.loud]\nrefuses = ['fast=yes']\n")
    lay({"t/layer.toml": toml, "t/files/a.txt.jinja": "{{ tone }}{{ fast }}"}, tmp_path / "theirs")
    code, told = check(tmp_path / "theirs", capsys)
    assert (code, told["templates"]) == (0, [{"name": "t", "projects": 3, "files": 3}])


def test_one_template_and_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is a template, or holds some; without any it is refused, and so is one of cookiecutter's."""
    lay({"a/layer.toml": LAYER, "a/files/a.txt": "a", "b/layer.toml": LAYER, "b/files/b.txt": "b"}, tmp_path / "both")
    assert [each["name"] for each in check(tmp_path / "both", capsys)[1]["templates"]] == ["a", "b"]
    assert [each["name"] for each in check(tmp_path / "both/a", capsys)[1]["templates"]] == ["a"]
    lay({"cookiecutter.json": "{}"}, tmp_path / "other")
    for folder in ("other", "nowhere"):
        assert run(["template", "check", str(tmp_path / folder)]) == 2
        assert "holds no template." in capsys.readouterr().err


@pytest.mark.slow
def test_a_new_template(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one that the page in docs makes; nothing of it is to be mended; a taken place stays as it is."""
    monkeypatch.chdir(tmp_path)
    assert run(["template", "new", "curve", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    page = (Path(__file__).parents[3] / "docs/template-of-your-own.md").read_text()
    for path in files:
        assert f"`my-templates/curve/{path}`" in page
        assert (tmp_path / "curve" / path).read_text() in page
    code, told = check(tmp_path / "curve", capsys)
    assert (code, told["faults"]) == (0, [])
    assert told["templates"][0]["projects"] > 50
    assert run(["template", "new", "curve"]) == 2
    assert capsys.readouterr().err.startswith("Error: 'curve' is there already.")
    assert [path.name for path in tmp_path.iterdir()] == ["curve"]


@pytest.mark.slow
def test_types(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A type that is wrong in one choice is found there; an interpreter without a checker is refused."""
    wrong = "{% if tone == 'loud' %}def f() -> int:\n    return 'one'\n{% else %}X = 1\n{% endif %}"
    settings = "[project]\nname = 'x'\nversion = '0'\n"
    files = {
        "t/layer.toml": LAYER + TONE,
        "t/files/src/project_name/a.py.jinja": wrong,
        "t/files/pyproject.toml": settings,
    }
    lay(files, tmp_path / "theirs")
    code, told = check(tmp_path / "theirs", capsys, "--types", sys.executable)
    assert code == 1
    (fault,) = told["faults"]
    assert (fault["kind"], fault["answers"]) == ("types", {"tone": "loud"})
    assert fault["message"].startswith("'src/some_project/a.py', line 2: Type \"Literal['one']\"")
    assert run(["template", "check", str(tmp_path / "theirs"), "--types", "/bin/false"]) == 2
