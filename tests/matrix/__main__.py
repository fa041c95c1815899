"""The matrix as a table: `python -m tests.matrix [--all] [--seed N] [TEMPLATE ...]`.

Every combination is rendered. Of the cover of each template, all projects are tried with `--all`, else a few that the
seed chooses: their own type checker, their own tests, and two steps of the configuration as shipped, resumed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from scaffold.template.catalog import load_catalog
from scaffold.template.combinations import Answers, combinations, cover
from tests.matrix.rendering import render_all
from tests.matrix.trials import failing_steps, failing_tests, has_clients, make_projects, python_of, type_faults

OF_THE_COVER = 2
"""Projects of each template that are tried without `--all`."""

NEEDS_NO_FILES = ("digits", "scenes", "docstrings", "stdlib", "breast-cancer", "diabetes")
"""Data that are there at once: the configuration as shipped trains."""


def main() -> int:
    """Prints the table, then every fault; 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("templates", nargs="*")
    parser.add_argument("--all", action="store_true", help="try the whole cover")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    catalog, console = load_catalog(), Console()
    table = Table("template", box=None, collapse_padding=True, pad_edge=False)  # as wide as a terminal
    for heading in ("rendered", "files", "cover", "tried", "types", "tests", "steps", "seconds"):
        table.add_column(heading, justify="right")
    faults: list[str] = []
    for template in arguments.templates or [layer.id for layer in catalog.templates()]:
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rendered = render_all(catalog, template, combinations(catalog, template), Path(folder))
        rows = cover(catalog, template)
        tried = rows if arguments.all else random.Random(arguments.seed).sample(rows, min(OF_THE_COVER, len(rows)))
        counts, found = try_out(template, tried, console)
        faults += rendered.faults + found
        table.add_row(
            template,
            str(rendered.count),
            str(sum(map(len, rendered.versions.values()))),
            *(str(len(rows)), str(len(tried)), *counts, f"{time.perf_counter() - started:.0f}"),
        )
    console.print(table)
    for fault in faults:
        console.print(fault, style="red", markup=False)
    return min(1, len(faults))


def is_there_at_once(answers: Answers) -> bool:
    """Whether a project of these answers trains without files or a network."""
    return answers.get("dataset") in (None, *NEEDS_NO_FILES) and answers.get("model") != "huggingface"


def try_out(template: str, rows: Sequence[Answers], console: Console) -> tuple[list[str], list[str]]:
    """Tries projects of these answers; how many pass each of the trials, and what fails."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        projects = make_projects([(template, row) for row in rows], folder)
        types: list[str] = []
        for python in {python_of(project) for project in projects}:
            types += type_faults([one for one in projects if python_of(one) == python], folder, python)
        untyped = {fault.split("/")[1] for fault in types}
        tests = steps = at_once = complete = 0
        for project, row in track(
            list(zip(projects, rows, strict=True)),
            template,
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ):
            if not has_clients(row):
                continue
            complete += 1
            failed = failing_tests(project)
            tests += not failed
            faults += [f"{template} {row}: {failed}"] if failed else []
            if is_there_at_once(row):
                at_once += 1
                failed = failing_steps(project)
                steps += not failed
                faults += [f"{template} {row}: {failed}"] if failed else []
    count = len(rows)
    return [f"{count - len(untyped)}/{count}", f"{tests}/{complete}", f"{steps}/{at_once}"], types + faults


if __name__ == "__main__":
    raise SystemExit(main())
