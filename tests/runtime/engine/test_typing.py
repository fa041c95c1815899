"""A type checker, as users run it, over files of user code: one that it must accept, one that it must reject."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = HERE / "typing_cases"


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What the checker finds in each file: rules by line."""
    settings = {
        "typeCheckingMode": "strict",
        "reportUnknownMemberType": False,
        "include": [str(CASES)],
        "extraPaths": [str(HERE.parents[2] / "runtime")],
    }
    config = tmp_path_factory.mktemp("checker") / "pyrightconfig.json"
    config.write_text(json.dumps(settings))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "basedpyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            "--project",
            str(config),
        ],
        capture_output=True,
        text=True,
    )
    found: dict[str, dict[int, str]] = {"accepted.py": {}, "rejected.py": {}}
    for entry in json.loads(done.stdout)["generalDiagnostics"]:
        found[Path(entry["file"]).name][entry["range"]["start"]["line"] + 1] = entry.get("rule", entry["message"])
    return found


def test_accepts(findings):
    """Correct programs are accepted: generics follow the step's annotations, decorators keep signatures."""
    assert findings["accepted.py"] == {}


def test_rejects(findings):
    """Each mistake is found, at its line, and nothing else."""
    lines = (CASES / "rejected.py").read_text().splitlines()
    expected = {number: line.split("  # ")[1] for number, line in enumerate(lines, 1) if "  # report" in line}
    assert len(expected) == 11
    assert findings["rejected.py"] == expected
