"""Runs a notebook's cells, one after the other in one process, and keeps what they print: `make notebook`.

A notebook here only prints, so that what Jupyter shows is what `print` writes; no kernel is needed to know it.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from tests.projects import ROOT

NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells that run."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    return [cell for cell in document["cells"] if cell["cell_type"] == "code"]


def kept(cell: dict[str, Any]) -> str:
    """What a cell is said to print."""
    return "".join("".join(output["text"]) for output in cell["outputs"])


def printed(notebook: Path) -> list[str]:
    """What each cell prints now."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found: list[str] = []
    for number, cell in enumerate(code_cells(notebook), 1):
        with redirect_stdout(io.StringIO()) as out:
            exec(compile("".join(cell["source"]), f"{notebook.name}, cell {number}", "exec"), names)
        found.append(out.getvalue())
    return found


def keep(notebook: Path) -> None:
    """Writes what the cells print into the notebook."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
    for number, (cell, text) in enumerate(zip(cells, printed(notebook), strict=True), 1):
        lines = text.splitlines(keepends=True)
        cell["execution_count"] = number
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []
    notebook.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in NOTEBOOKS:
        keep(each)
        sys.stdout.write(f"{each.relative_to(ROOT)}\n")
