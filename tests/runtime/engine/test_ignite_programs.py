"""Programs written for PyTorch-Ignite run here when their imports are renamed, and do the same.

The folder `ignite_programs` has them in the manner of Ignite's own examples.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = sorted((Path(__file__).parent / "ignite_programs").glob("*.py"))


def renamed(program: str) -> str:
    """The program, importing from here."""
    return re.sub(r"^(from|import) ignite\b", r"\1 scaffold_runtime", program, flags=re.MULTILINE)


def outcome(source: str, name: str, folder: Path) -> Any:
    """What the program's `main` returns, having worked in a folder of its own."""
    folder.mkdir()
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(source, name, "exec"), namespace)
    return namespace["main"](folder)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path, tmp_path):
    """The program does the same on both libraries."""
    source = path.read_text()
    assert "scaffold_runtime" not in source
    ours = outcome(renamed(source), path.name, tmp_path / "ours")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
        theirs = outcome(source, path.name, tmp_path / "theirs")
    assert ours == theirs


def test_all_programs_are_there():
    """The kinds of example that Ignite's documentation has."""
    kinds = [
        "cifar",
        "ema",
        "events",
        "gan",
        "iterators",
        "logger",
        "measures",
        "mnist",
        "observed",
        "reinforce",
        "schedules",
        "text",
        "transfer",
    ]
    assert [path.stem for path in PROGRAMS] == kinds
