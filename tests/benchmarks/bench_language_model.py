"""How long the language model takes to need fewer bits for a byte than counting and than gzip do, on files held out.

The default project of `language-model` trains as it ships, as a user starts it; validations and the test have the
same unit. Aim: below an order-2 model of the bytes within two minutes, below `gzip -9` within ten.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scaffold.life.apply import write_project
from scaffold.life.finish import generate
from scaffold.template.catalog import load_catalog


def main() -> None:
    """Trains, and prints what each epoch came to beside what the others need."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        write_project(generate(load_catalog(), "language-model", "project", {}), folder)
        environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
        command = [sys.executable, "-m", "project.train", "--name", "run", "--backend", "none"]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        run = folder / "outputs" / "run"
        counted = json.loads((run / "data.json").read_text())["info"]["baselines"]
        with (run / "history.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        results = json.loads((run / "results.json").read_text())

    print(f"{'':<16}{'seconds':>9}{'bits per byte':>15}{'order 2':>9}{'gzip -9':>9}")
    seconds = 0.0
    for row in rows:
        seconds += float(row["seconds"])
        told = f"epoch {row['epoch']}, val", seconds, float(row["val_bits_per_byte"]), counted["val"]
        print_row(*told)
    print_row("test", results["seconds"], results["metrics"]["bits_per_byte"], counted["test"])


def print_row(title: str, seconds: float, bits: float, counted: dict[str, float]) -> None:
    """One line of the table."""
    print(f"{title:<16}{seconds:>9.0f}{bits:>15.3f}{counted['order_2']:>9.3f}{counted['gzip']:>9.3f}")


if __name__ == "__main__":
    main()
