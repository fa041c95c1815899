"""What `runtime/README.md` says of the differences from PyTorch-Ignite is shown by tests that there are."""

import ast
import re

import pytest
from tests.projects import ROOT

README, _ = (ROOT / "runtime" / "README.md").read_text().split("## Names of Ignite that are not here")
SHOWN_BY = re.findall(r"\| `(\S+?\.py)::(\w+)` \|$", README, re.MULTILINE)
ROWS = [line for line in README.splitlines() if line.startswith("| ") and not line.startswith("| here")]


def test_each_difference_names_a_test():
    """Every row of the tables ends with one."""
    assert len(SHOWN_BY) == len(ROWS) > 20


@pytest.mark.parametrize(("path", "name"), SHOWN_BY)
def test_the_test_is_there(path, name):
    """It exists under that name."""
    module = ast.parse((ROOT / "tests" / "runtime" / path).read_text())
    assert name in {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
