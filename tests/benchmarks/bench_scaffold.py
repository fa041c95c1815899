"""How long `scaffold new` and `scaffold --help` take, as whole processes, beside cookiecutter and copier.

The peers render a template of the same files as our default project has, with one placeholder in each text file;
they neither format nor check nor find modules. Run it by `make bench`, or alone; `--json` prints the numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROUNDS = 7
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


def measure() -> dict[str, float]:
    """The best of several rounds for each command; the rounds take turns."""
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
        best = dict.fromkeys(commands, float("inf"))
        for _ in range(ROUNDS):
            for label, command in commands.items():
                best[label] = min(best[label], seconds(command, lambda: shutil.rmtree(target, ignore_errors=True)))
    return best


def main() -> None:
    """Prints the table, or with `--json` the numbers."""
    best = measure()
    ratios = {
        "new / cookiecutter": best["scaffold new"] / best["cookiecutter"],
        "new / copier": best["scaffold new"] / best["copier"],
        "--help / import typer": best["scaffold --help"] / best["import typer"],
    }
    if "--json" in sys.argv:
        print(json.dumps({"seconds": best, "ratios": ratios}, indent=2))
        return
    print("whole process, best of", ROUNDS)
    for label, value in best.items():
        print(f"  {label:<18} {value * 1000:7.0f} ms")
    for label, value in ratios.items():
        print(f"  {label:<24} {value:5.2f}")


if __name__ == "__main__":
    main()
