from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest

from scaffold.build.project import ProjectFile
from scaffold.life.moves import Aligned
from scaffold.life.outcome import Fate, outcome
from scaffold.life.requirements import PROJECT_FILE, Kept, merge_project

MADE = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "digits"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
  "matplotlib>=3.9",
  "torch>=2.4",
  "tqdm>=4.66",
]

[dependency-groups]
dev = ["pytest>=8", "ruff>=0.12"]

[tool.ruff]
line-length = 120
"""
EXTRAS = '[project.optional-dependencies]\nxla = ["torch_xla==2.9.*"]\n\n'


def added(text: str = MADE) -> str:
    """What the templates make with a logger and a backend: a requirement between others, and a group."""
    new = text.replace('  "torch>=2.4",\n', '  "tensorboard>=2.18",\n  "torch>=2.5",\n')
    return new.replace("[dependency-groups]\n", f"{EXTRAS}[dependency-groups]\n")


def merged(yours: str, made: str = MADE, new: str | None = None) -> tuple[str, list[Kept]]:
    """The file after a merge without a clash, and what is as the owner has it."""
    found = merge_project(made.encode(), yours.encode(), (new or added()).encode())
    assert found is not None
    assert found.text.num_conflicts == 0, found.text.content.decode()
    return found.text.content.decode(), list(found.kept)


def requirements(text: str) -> Any:
    """The lists of a project, read by the standard library."""
    document = tomllib.loads(text)
    project = document["project"]
    return project.get("dependencies"), project.get("optional-dependencies"), document.get("dependency-groups")


EDITS = {
    "pinned": (
        lambda text: text.replace('"matplotlib>=3.9"', '"matplotlib==3.10.0"'),
        ["matplotlib==3.10.0", "tensorboard>=2.18", "torch>=2.5", "tqdm>=4.66"],
    ),
    "a line beside ours": (
        lambda text: text.replace('  "torch>=2.4",\n', '  "timm>=1",  # mine\n  "torch>=2.4",\n'),
        ["matplotlib>=3.9", "tensorboard>=2.18", "timm>=1", "torch>=2.5", "tqdm>=4.66"],
    ),
    "sorted otherwise": (
        lambda text: text.replace('  "matplotlib>=3.9",\n', "").replace(
            '  "tqdm>=4.66",\n', '  "tqdm>=4.66",\n  "matplotlib>=3.9",\n'
        ),
        ["torch>=2.5", "tqdm>=4.66", "matplotlib>=3.9", "tensorboard>=2.18"],
    ),
    "on one line": (
        lambda text: text.replace('[\n  "matplotlib', '["matplotlib').replace('",\n  "', '", "').replace(",\n]", "]"),
        ["matplotlib>=3.9", "tensorboard>=2.18", "torch>=2.5", "tqdm>=4.66"],
    ),
    "other quotes, spaces and indents": (
        lambda text: text.replace('  "torch>=2.4"', "    'Torch >= 2.4'"),
        ["matplotlib>=3.9", "tensorboard>=2.18", "torch>=2.5", "tqdm>=4.66"],
    ),
    "removed": (
        lambda text: text.replace('  "tqdm>=4.66",\n', ""),
        ["matplotlib>=3.9", "tensorboard>=2.18", "torch>=2.5"],
    ),
    "there already": (
        lambda text: text.replace('  "torch>=2.4",\n', '  "torch>=2.4",\n  "tensorboard>=2.18",\n'),
        ["matplotlib>=3.9", "torch>=2.5", "tensorboard>=2.18", "tqdm>=4.66"],
    ),
    "commas first": (
        lambda text: text.replace('  "torch>=2.4",\n  "tqdm>=4.66",\n', '  "torch>=2.4"\n  , "tqdm>=4.66"\n'),
        ["matplotlib>=3.9", "tensorboard>=2.18", "torch>=2.5", "tqdm>=4.66"],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_the_owners_lists_get_what_came(edit: str) -> None:
    """However the owner wrote the list, each requirement is there once, and they asked for nothing else."""
    change, wanted = EDITS[edit]
    yours = change(MADE)
    assert yours != MADE
    text, kept = merged(yours)
    assert requirements(text) == (wanted, {"xla": ["torch_xla==2.9.*"]}, {"dev": ["pytest>=8", "ruff>=0.12"]})
    assert kept == []
    assert ("# mine" in text) == ("# mine" in yours)
    assert merged(text, added(), added())[0] == text  # twice is once


@pytest.mark.parametrize("edit", EDITS)
def test_what_came_goes_again(edit: str) -> None:
    """With what the templates make as before, the owner's list asks for what it did, but for what they had, too."""
    yours = EDITS[edit][0](MADE)
    there, _ = merged(yours)
    back, _ = merged(there, added(), MADE)
    found, wanted = requirements(back), requirements(yours)
    assert [each for each in found[0] if "tensorboard" not in each] == [
        each.replace("Torch >= 2.4", "torch>=2.4") for each in wanted[0] if "tensorboard" not in each
    ]
    assert found[1:] == wanted[1:]


def test_the_owners_pin_stays_and_is_told() -> None:
    """Where both changed a requirement the owner's stays, also a removal and one that the templates drop."""
    yours = MADE.replace("torch>=2.4", "torch==2.4.1").replace('  "tqdm>=4.66",\n', "")
    new = added().replace("tqdm>=4.66", "tqdm>=4.70").replace('"pytest>=8"', '"pytest>=9"')
    text, kept = merged(yours, new=new)
    assert requirements(text)[0] == ["matplotlib>=3.9", "tensorboard>=2.18", "torch==2.4.1"]
    assert requirements(text)[2] == {"dev": ["pytest>=9", "ruff>=0.12"]}
    assert kept == [
        Kept("project.dependencies", "torch==2.4.1", "torch>=2.5"),
        Kept("project.dependencies", None, "tqdm>=4.70"),
    ]
    text, kept = merged(
        yours.replace('"matplotlib>=3.9"', '"matplotlib<4"'), new=MADE.replace('  "matplotlib>=3.9",\n', "")
    )
    assert "matplotlib<4" in requirements(text)[0]
    assert kept == [Kept("project.dependencies", "matplotlib<4", None)]


def test_a_comment_of_the_owners_is_not_lost() -> None:
    """What they wrote beside a requirement keeps it there when the templates drop it; they are told."""
    yours = MADE.replace('"tqdm>=4.66",', '"tqdm>=4.66",  # the notebook needs it, too').replace(
        '"torch>=2.4"', '"torch"'
    )
    text, kept = merged(yours, new=MADE.replace('  "tqdm>=4.66",\n', ""))
    assert '  "tqdm>=4.66",  # the notebook needs it, too\n' in text
    assert kept == [Kept("project.dependencies", "tqdm>=4.66", None)]


GROUPS = {
    "a table of their own": ("[project.optional-dependencies]\nplots = ['seaborn']\n\n", "[dependency-groups]"),
    "a table at the end": ("\n[project.optional-dependencies]\nplots = ['seaborn']\n", ""),
    "in the table above": ("optional-dependencies = { plots = ['seaborn'] }\n", "requires-python"),
    "a dotted key": ("optional-dependencies.plots = ['seaborn']\n", "requires-python"),
}


@pytest.mark.parametrize("kind", GROUPS)
def test_a_group_comes_into_the_owners_table(kind: str) -> None:
    """A table of optional groups that both sides begin is one table, which pip can read; and back again."""
    table, before = GROUPS[kind]
    yours = MADE.replace(before, table + before, 1) if before else MADE + table
    text, kept = merged(yours)
    assert requirements(text)[1] == {"plots": ["seaborn"], "xla": ["torch_xla==2.9.*"]}
    assert kept == []
    back, _ = merged(text, added(), MADE)
    assert requirements(back)[1] == {"plots": ["seaborn"]}


def test_the_rest_is_merged_by_lines() -> None:
    """Lines beside the lists that the templates changed come, the owner's stay, and a clash is one of these lines."""
    yours = MADE.replace('  "tqdm>=4.66",\n', '  "tqdm",\n  "timm",\n').replace(
        "line-length = 120", "line-length = 100"
    )
    new = added().replace('">=3.11"', '">=3.12"')
    text, _ = merged(yours, new=new)
    assert tomllib.loads(text)["project"]["requires-python"] == ">=3.12"
    assert "line-length = 100" in text
    found = merge_project(MADE.encode(), yours.encode(), new.replace("line-length = 120", "line-length = 99").encode())
    assert found is not None
    assert found.text.num_conflicts == 1
    assert b"<<<<<<< yours\nline-length = 100\n" in found.text.content
    assert found.text.content.count(b"timm") == 1


def test_line_ends_and_what_is_not_closed() -> None:
    """A file that the owner's editor saved with CRLF, and without its last newline, stays so."""
    yours = MADE.replace("tqdm>=4.66", "tqdm").removesuffix("\n").replace("\n", "\r\n")
    found = merge_project(MADE.encode(), yours.encode(), added().encode())
    assert found is not None
    assert found.text.content.count(b"\n") == found.text.content.count(b"\r\n") > 20
    assert found.text.content.endswith(b"line-length = 120")
    assert "tensorboard>=2.18" in requirements(found.text.content.decode())[0]


def test_conditions_tell_requirements_apart() -> None:
    """A name that is listed for two systems is two requirements."""
    made = MADE.replace('  "tqdm>=4.66",\n', '  "triton; sys_platform == \'linux\'",\n  "triton-windows",\n')
    new = made.replace(
        "\"triton; sys_platform == 'linux'\"",
        "\"triton>=3; sys_platform == 'linux'\", \"triton; sys_platform == 'darwin'\"",
    )
    text, kept = merged(made.replace("matplotlib>=3.9", "matplotlib"), made, new)
    found = [each.replace('"', "'") for each in requirements(text)[0][2:]]
    assert found == ["triton>=3; sys_platform == 'linux'", "triton; sys_platform == 'darwin'", "triton-windows"]
    assert kept == []


def test_what_pip_could_not_read_goes_beside() -> None:
    """A table that both sides begin at different places would be there twice: the owner's file stays as it is."""
    table = '[tool.ruff.format]\nquote-style = "single"\n'
    texts = (MADE, f"{MADE}\n{table}", MADE.replace("[tool.ruff]\n", f"{table}\n[tool.ruff]\n"))
    states = ({PROJECT_FILE: ProjectFile(text.encode(), 0o644, "")} for text in texts)
    found = outcome(Aligned(*states, {}), lambda *_: None, is_taken=lambda _: False)
    settled = found.files[PROJECT_FILE]
    assert (settled.fate, settled.at) == (Fate.BESIDE, PurePosixPath("pyproject.toml.new"))


@pytest.mark.parametrize(
    "broken", ["[project", "project = 1\n", '[project]\ndependencies = "torch"\n', "\ufeff" + MADE]
)
def test_what_is_no_projects_toml_is_merged_otherwise(broken: str) -> None:
    """A file that cannot be read so is nothing for this merge."""
    assert merge_project(MADE.encode(), broken.encode(), added().encode()) is None
