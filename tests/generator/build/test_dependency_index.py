from __future__ import annotations

import json
import sys

from scaffold.build.dependencies import Brought
from scaffold.build.dependency_index import index_of, index_text, read_environment
from scaffold.build.installed import Distribution

HERE = {
    "top": Distribution(
        ["top"],
        [
            "Mid.Dle[fast]>=1",
            "old; python_version < '3.11'",
            "windows; sys_platform == 'win32'",
            "gpu; platform_machine == 'x86_64'",
            "docs; extra == 'docs'",
        ],
    ),
    "mid-dle": Distribution(["middle"], ["quick; extra == 'fast'", "slow; extra == 'slow'"]),
    "quick": Distribution(["quick", "quicker"], ["top"]),
    "unasked": Distribution(["unasked"], []),
}
THERE = {"top": Distribution(["top", "top_helpers"], ["newer"]), "newer": Distribution(["newer"], [])}


def test_requirements_of_any_machine_count() -> None:
    """The index follows requirements, also in circles, whose condition holds on some machine, and asked-for extras."""
    assert index_of(["top>=2"], [HERE, THERE]) == {
        "top": Brought(["top", "top_helpers"], ["gpu", "mid-dle", "newer", "windows"]),
        "mid-dle": Brought(["middle"], ["quick"]),
        "quick": Brought(["quick", "quicker"], ["top"]),
        "newer": Brought(["newer"], []),
        "windows": Brought([], []),
        "gpu": Brought([], []),
        "pip": Brought([], []),
    }


def test_the_index_is_json_of_a_line_for_each() -> None:
    """What is kept reads as what was found, and shows in a comparison which distribution has changed."""
    text = index_text(["quick"], [HERE])
    assert {name: Brought(*entry) for name, entry in json.loads(text).items()} == index_of(["quick"], [HERE])
    assert [line.partition('"')[2].partition('"')[0] for line in text.splitlines()[1:-1]] == [
        *["gpu", "mid-dle", "pip", "quick", "top", "windows"],
    ]


def test_an_environment_is_read_by_its_own_python() -> None:
    """A Python tells what is installed for it: distributions with their modules and requirements."""
    found = read_environment(sys.executable)
    assert "joblib" in {word.partition(">")[0] for word in found["scikit-learn"].requires}
    assert found["pillow"].modules == ["PIL"]
