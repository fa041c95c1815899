"""Templates of cookiecutter's give what cookiecutter itself gives, written as our projects are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.life.record import recall

from .conftest import Scaffold
from .well_known import TEMPLATES, lay

PYPACKAGE_OTHERWISE = ["create_author_file=n", "command_line_interface=No command-line interface", "full_name=Bo"]
ANSWERS = {
    "pypackage": [[], [*PYPACKAGE_OTHERWISE, "open_source_license=Not open source"]],
    "data-science": [[], ["project_name=Whales in Winter", "dependency_file=environment.yml"]],
    "django": [[], ["use_docker=y", "use_celery=y", "ci_tool=Github", "cloud_provider=GCP", "project_name=A.B-C d"]],
    "hypermodern-python": [[], ["license=GPL-3.0", "author=Ann Bea Cey", "project_name=soft-ware"]],
    "nested": [[], ["project_name=Deep Down"]],
}


def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Contents and whether they can be run, by path; what tools left is not looked at."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in folder.rglob("*")
        if path.is_file() and not {".git", ".scaffold"} & set(path.relative_to(folder).parts)
    }


@pytest.mark.parametrize("otherwise", [0, 1])
@pytest.mark.parametrize("name", TEMPLATES)
def test_what_cookiecutter_gives(name: str, otherwise: int, scaffold: Scaffold, tmp_path: Path) -> None:
    """With the same answers, each file has the same bytes and mode as by cookiecutter's own command."""
    template = lay(TEMPLATES[name], tmp_path / "template")
    answers = ANSWERS[name][otherwise]
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--output-dir", "theirs", str(template), *answers]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    theirs = next((tmp_path / "theirs").iterdir())
    ended = scaffold(
        "new", "-t", "./template", "--trust", "--yes", *(word for each in answers for word in ("--set", each))
    )
    assert ended.code == 0, ended.err
    mine, expected = tree(tmp_path / theirs.name), tree(theirs)
    for files in (mine, expected):  # it holds the place of the template and of the output, which is not ours to show
        if kept := files.pop(".cookiecutter.json", None):
            files["answers"] = (repr([v for k, v in json.loads(kept[0]).items() if k[0] != "_"]).encode(), False)
    assert mine == expected
    record = recall(tmp_path / theirs.name)
    assert {str(path) for path in record.files} == set(tree(tmp_path / theirs.name))
    assert record.origin.source == str(template)


def test_a_table_among_choices(scaffold: Scaffold, tmp_path: Path) -> None:
    """A choice that is a table is named by its only entry, and the template gets the table."""
    lay(TEMPLATES["data-science"], tmp_path / "template")
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", "--set", "dataset_storage=s3", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["answers"]["dataset_storage"] == "s3"
    assert "aws s3 sync data/ s3://bucket-name/data/" in (tmp_path / "project_name/Makefile").read_text()


def test_a_template_in_a_template(scaffold: Scaffold, tmp_path: Path) -> None:
    """The choice between them is an option; defaults follow; a shell's hook runs; its git does not stay."""
    lay(TEMPLATES["nested"], tmp_path / "template")
    words = ("--set", "template=service", "--set", "name=far", "--set", "region=far-south")
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", *words)
    assert ended.code == 0, ended.err
    assert (tmp_path / "far/service.cfg").read_text() == "port=8080\nregion=far-south\n"
    assert (tmp_path / "far/port.txt").read_text() == "8080\n"
    assert not (tmp_path / "far/.git").exists()


def test_a_table_is_answered_in_json(scaffold: Scaffold, tmp_path: Path) -> None:
    """`--set` gives a table as JSON; what is no table is refused with an example."""
    lay(TEMPLATES["nested"], tmp_path / "template")
    words = ("new", "-t", "./template", "--trust", "--yes", "--set")
    ended = scaffold(*words, 'tools={"lint": "none"}')
    assert ended.code == 0, ended.err
    assert "- lint: none\n" in (tmp_path / "nested-library/README.md").read_text()
    refused = scaffold(*words, "tools=none")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "Error: 'tools' should be a JSON object, got 'none'.")


def test_the_name_of_the_directory_is_the_projects(scaffold: Scaffold, tmp_path: Path) -> None:
    """`scaffold new DIRECTORY` answers what the project is called, and what follows from it."""
    lay(TEMPLATES["django"], tmp_path / "template")
    ended = scaffold("new", "places/night-shift", "-t", "./template", "--trust", "--yes")
    assert ended.code == 0, ended.err
    assert (tmp_path / "places/night-shift/night_shift/templates/base.html").is_file()
    assert recall(tmp_path / "places/night-shift").origin.answers["project_name"] == "night-shift"


def test_the_printed_command_makes_the_same_again(scaffold: Scaffold, tmp_path: Path) -> None:
    """So does a record that is read as a file of answers."""
    lay(TEMPLATES["hypermodern-python"], tmp_path / "template")
    ended = scaffold("new", "a", "-t", "./template", "--trust", "--yes", "--json", "--set", "license=GPL-3.0")
    again = scaffold(*json.loads(ended.out)["command"].replace("new a", "new b").split()[1:])
    assert again.code == 0, again.err
    third = scaffold("new", "c", "--answers", "a/.scaffold/project.toml", "--yes")
    assert third.code == 0, third.err
    made = [tree(tmp_path / each) for each in "abc"]
    for each in made:
        del each[".cookiecutter.json"]  # it names the folder that it was rendered into
    assert made[0] == made[1] == made[2]


def test_authors_are_known_to_git_and_to_cookiecutters_own_file(scaffold: Scaffold, tmp_path: Path) -> None:
    """Names and addresses come from git, and what the user set for all templates counts more; answers count most."""
    lay(TEMPLATES["pypackage"], tmp_path / "template")
    home = lay({".gitconfig": "[user]\nname = Grace\nemail = grace@example.org\n"}, tmp_path / "home")
    assert scaffold("new", "-t", "./template", "--trust", "--yes", HOME=str(home)).code == 0
    assert (tmp_path / "python-boilerplate/AUTHORS.md").read_text() == "* Grace <grace@example.org>\n"
    lay({".cookiecutterrc": "default_context:\n  full_name: Grace H.\n  email: 7\n"}, home)
    words = ("--set", "email=b@example.org", "--set", "pypi_package_name=bb")
    assert scaffold("new", "-t", "./template", "--trust", "--yes", *words, HOME=str(home)).code == 0
    assert (tmp_path / "bb/AUTHORS.md").read_text() == "* Grace H. <b@example.org>\n"


def test_a_hook_that_refuses(scaffold: Scaffold, tmp_path: Path) -> None:
    """A template's own check ends in a sentence, what it printed is seen, and nothing is written."""
    lay(TEMPLATES["pypackage"], tmp_path / "template")
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", "--set", "project_slug=not a name")
    assert ended.code == 2
    assert "ERROR: not a name is no name of a module" in ended.err
    assert "Error: 'template' cannot be rendered: Hook script failed (exit status: 1)." in ended.err
    assert "Traceback" not in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["template"]


def test_unknown_answers_are_refused(scaffold: Scaffold, tmp_path: Path) -> None:
    """A misspelt question or choice is named with the right one."""
    lay(TEMPLATES["pypackage"], tmp_path / "template")
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", "--set", "full_nam=x")
    assert ended.err.startswith("Error: There is no option 'full_nam'.\nHint:  Did you mean 'full_name'?")
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", "--set", "open_source_license=MIT")
    assert "It is one of MIT license, BSD license, Not open source." in ended.err
    ended = scaffold("new", "-t", "./template", "--trust", "--yes", "--logger", "csv")
    assert ended.err.startswith("Error: `--logger` is for templates of torch-scaffold")
