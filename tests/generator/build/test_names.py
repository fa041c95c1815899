from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import ruff  # pyright: ignore[reportMissingTypeStubs]

from scaffold.build.names import LONGEST, project_name
from scaffold.errors import ScaffoldError, UsageError
from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog

Refusal = Callable[[type[ScaffoldError], str, str], AbstractContextManager[None]]

IMPORTED = ["torch", "PIL", "datasets"]
TOO_LONG = "a name has at most 50 characters, to fit into a line of code, and this one has {}"
RULE = "a name has letters a-z, digits, hyphens and underscores, begins with a letter and ends without a hyphen"


@pytest.mark.parametrize(
    ("name", "project", "package"),
    [
        ("my-project", "my-project", "my_project"),
        ("My Project", "my-project", "my_project"),
        ("my_project.v2", "my-project-v2", "my_project_v2"),
        (" digits ", "digits", "digits"),
    ],
)
def test_a_name_has_two_spellings(name: str, project: str, package: str) -> None:
    """The project has hyphens and its package underscores, however the name is written."""
    spelt = project_name(name)
    assert (spelt.project, spelt.package) == (project, package)
    assert project_name(spelt.project) == project_name(spelt.package) == spelt


@pytest.mark.parametrize(
    ("name", "reason", "instead"),
    [
        ("class", "`class` is a keyword of Python", "class-project"),
        ("match", "`match` is a keyword of Python", "match-project"),
        ("all", "it would hide Python's own `all`", "all-project"),
        ("json", "it would hide Python's own module `json`", "json-project"),
        ("test", "it would hide Python's own module `test`", "test-project"),
        ("Torch", "it would hide the module `torch`, which projects need", "torch-project"),
        ("pil", "it would hide the module `pil`, which projects need", "pil-project"),
        ("datasets", "it would hide the module `datasets`, which projects need", "datasets-project"),
        ("2fast", RULE, "fast"),
        ("my/../project", RULE, "my-project"),
        ("-", RULE, "my-project"),
        ("", RULE, "my-project"),
        ("naïve", RULE, "naive"),
        ("projét", RULE, "projet"),
        ("Größe", RULE, "grosse"),
        ("\uff41\uff42", RULE, "ab"),  # letters as wide as Chinese ones
        ("проект", RULE, "my-project"),
        ("a" * 51, TOO_LONG.format(51), "a" * 42),
        ("a-" * 200 + "b", TOO_LONG.format(401), ("a-" * 21).rstrip("-")),
        ("torch!", RULE, "torch-project"),
        ("ends-", RULE, "ends"),
    ],
)
def test_a_bad_name_is_refused_with_a_good_one(refused: Refusal, name: str, reason: str, instead: str) -> None:
    """A name that is no identifier or hides a module is refused, and the name that is offered is accepted."""
    with refused(UsageError, f"A project cannot be called '{name}': {reason}.", f"'{instead}' would do."):
        project_name(name, imported=IMPORTED)
    assert project_name(instead, imported=IMPORTED).project == instead


def test_what_may_be_hidden_is_what_projects_import() -> None:
    """A module that no layer depends on is no reason to refuse a name; the folders of every project are."""
    assert project_name("datasets").package == "datasets"
    for name in ("tests", "src", "data", "runtime", "scaffold"):
        with pytest.raises(UsageError):
            project_name(name)


@pytest.mark.parametrize("name", ["torch", "matplotlib", "tensorboard", "ruff", "yaml", "sklearn"])
def test_the_templates_dependencies_cannot_be_hidden(name: str) -> None:
    """What the templates' layers require or import is refused, whether or not it is chosen."""
    with pytest.raises(UsageError, match=f"^A project cannot be called '{name}': "):
        generate(load_catalog(), "vision-classification", name, {})


@pytest.mark.parametrize("dataset", ["digits", "imagefolder"])
def test_the_longest_name_fits_into_the_lines(tmp_path: Path, dataset: str) -> None:
    """A project of the longest name, with all that can be chosen beside it, passes its own check of lines."""
    answers = {
        "dataset": dataset,
        "backend": ["auto", "xla-tpu", "horovod"],
        "loggers": ["tensorboard"],
        "extras": ["early-stopping", "ema", "time-limit", "async-checkpoints", "profiler"],
        "metrics": ["precision", "recall", "f1", "balanced-accuracy", "cohen-kappa", "calibration-error"],
    }
    write_project(generate(load_catalog(), "vision-classification", "x" * LONGEST, answers), tmp_path / "p")
    command = [ruff.find_ruff_bin(), "check", "--no-cache", "--output-format=concise", "."]
    done = subprocess.run(command, cwd=tmp_path / "p", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "All checks passed!\n")
