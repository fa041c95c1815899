"""Programs written for PyTorch-Ignite run here when their imports are renamed, and do the same.

The folder `ignite_programs` has them in the manner of Ignite's own examples; `RENAMED` is all that changes.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = sorted((Path(__file__).parent / "ignite_programs").glob("*.py"))
RENAMED = {
    "ignite.contrib.engines import common": "scaffold_runtime.handlers import training_setup as common",
    "ignite.contrib.engines.common": "scaffold_runtime.handlers.training_setup",
    "ignite.utils": "written_elsewhere",
    "ignite.": "scaffold_runtime.",
}
WRITTEN_ELSEWHERE = {
    "manual_seed": "from scaffold_runtime.engine.random_state import seed_everything as manual_seed",
    "setup_logger": "from scaffold_runtime.engine.setup_logger import setup_logger",
    "convert_tensor": "from scaffold_runtime.engine import convert_tensor",
}


def renamed(program: str) -> str:
    """The program, importing from here."""
    for theirs, ours in RENAMED.items():
        program = re.sub(rf"^(from|import) {re.escape(theirs)}", rf"\1 {ours}", program, flags=re.MULTILINE)

    def split(line: re.Match[str]) -> str:
        return "; ".join(WRITTEN_ELSEWHERE[name] for name in line[1].split(", "))

    return re.sub(r"^from written_elsewhere import (.+)$", split, program, flags=re.MULTILINE)


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
    """The five kinds of example that Ignite's documentation opens with."""
    assert [path.stem for path in PROGRAMS] == ["cifar", "gan", "mnist", "reinforce", "text"]
