"""How long `scaffold new` and `scaffold --help` take, as whole processes, beside cookiecutter and copier.

The peers render a template of the same files as our default project has, with one placeholder in each text file;
they neither format nor check nor find modules. Run it by `make bench`, or alone; `--json` prints the numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PAIRS = 10
"""Each command runs once in each round, so that a busy moment of the machine meets all of them."""
PYTHON = sys.executable
BIN = Path(sys.executable).parent


# Installed packages come with their bytecode; a checkout writes its own at the first run, if it may.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: Sequence[str | Path], clean: Callable[[], None]) -> float:
    """Wall time of one process."""
    clean()
    started = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
    return time.perf_counter() - started


def new_command(target: Path) -> list[str | Path]:
    """Our own."""
    return [
        BIN / "scaffold",
        "new",
        target,
        "--template",
        "vision-classification",
        "--name",
        "bench",
        "--yes",
        "--no-git",
    ]


def peer_templates(project: Path, folder: Path) -> tuple[Path, Path]:
    """The project's files as a cookiecutter template and as a copier template."""
    cookiecutter, copier = folder / "cookiecutter", folder / "copier"
    shutil.copytree(project, cookiecutter / "{{cookiecutter.name}}", ignore=shutil.ignore_patterns("*.xz"))
    shutil.copytree(project, copier, ignore=shutil.ignore_patterns("*.xz"))
    (cookiecutter / "cookiecutter.json").write_text(json.dumps({"name": "bench"}))
    (copier / "copier.yml").write_text("name:\n  type: str\n  default: bench\n")
    for template, placeholder, suffix in ((cookiecutter, "cookiecutter.name", ""), (copier, "name", ".jinja")):
        for path in [
            path
            for path in template.rglob("*")
            if path.is_file() and path.name not in ("cookiecutter.json", "copier.yml")
        ]:
            text = path.read_text().replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
            path.write_text(text + f"\n# {{{{ {placeholder} }}}}\n")
            path.rename(path.with_name(path.name + suffix))
    return cookiecutter, copier


def measure() -> list[dict[str, float]]:
    """The seconds of each command, in several rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(new_command(folder / "model"), check=True, capture_output=True)
        cookiecutter, copier = peer_templates(folder / "model", folder / "templates")
        target = folder / "out"
        commands: dict[str, list[str | Path]] = {
            "scaffold new": new_command(target),
            "cookiecutter": [PYTHON, "-m", "cookiecutter", "--no-input", "-o", target, cookiecutter],
            "copier": [PYTHON, "-m", "copier", "copy", "--defaults", "--quiet", copier, target],
            "scaffold --help": [BIN / "scaffold", "--help"],
            "import typer": [PYTHON, "-c", "import typer"],
            "python": [PYTHON, "-c", "pass"],
        }
        return [
            {
                label: seconds(command, lambda: shutil.rmtree(target, ignore_errors=True))
                for label, command in commands.items()
            }
            for _ in range(PAIRS)
        ]


def main() -> None:
    """Prints the table, or with `--json` the numbers."""
    rounds = measure()
    medians = {label: statistics.median(each[label] for each in rounds) for label in rounds[0]}
    pairs = [("scaffold new", "cookiecutter"), ("scaffold new", "copier"), ("scaffold --help", "import typer")]
    ratios = {f"{ours} / {peer}": statistics.median(each[ours] / each[peer] for each in rounds) for ours, peer in pairs}
    if "--json" in sys.argv:
        print(json.dumps({"seconds": medians, "ratios": ratios}, indent=2))
        return
    print("whole process, median of", PAIRS)
    for label, value in medians.items():
        print(f"  {label:<18} {value * 1000:7.0f} ms")
    for label, value in ratios.items():
        print(f"  {label:<34} {value:5.2f}")


if __name__ == "__main__":
    main()
