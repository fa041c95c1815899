"""The page about templates of one's own leads to a trained network."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from tests.matrix.trials import failing_tests
from tests.projects import ROOT, GeneratedProject
from tests.warm_python import run

PAGE = ROOT / "docs" / "template-of-your-own.md"
FILE = re.compile(r"^`(my-templates/[^`]+)`\n\n```\w+\n(.*?)^```$", flags=re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", flags=re.M | re.S)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> GeneratedProject:
    """The page's project, made of the page's files by the page's command."""
    folder, page = tmp_path_factory.mktemp("own"), PAGE.read_text()
    for name, content in FILE.findall(page):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    command = COMMANDS.findall(page)[0].splitlines()[0].split()
    done = run([str(Path(sys.executable).with_name(command[0])), *command[1:]], os.environ, folder=folder)
    assert done.returncode == 0, done.stderr
    return GeneratedProject(folder / "curve-fit", "curve_fit")


@pytest.mark.slow
def test_it_learns_and_leaves_its_picture(project: GeneratedProject) -> None:
    """The network explains what the noise leaves to be explained: var(sin 3x) / (var(sin 3x) + 0.04) is about 0.93."""
    trained = project.train("run", "--backend", "none")
    assert trained.results["metrics"]["r2"] > 0.85
    assert (trained.folder / "curve.png").is_file()


@pytest.mark.slow
def test_its_own_tests_pass(project: GeneratedProject) -> None:
    """Those of the layers below, with the two fixtures of the page."""
    assert failing_tests(project) == ""
