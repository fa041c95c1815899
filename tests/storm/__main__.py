"""Kills runs of a generated project at random instants, and says whether any of them came out different."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from tests.projects import EXTRAS, make_project

from .scenarios import SCENARIOS, Scenario
from .storm import Outcome, storm

HEADINGS = ("scenario", "kills", "inside a write", "restarts", "resumed", "runs", "differences", "seconds")


def main() -> int:
    """The storm over the chosen scenarios; 1 if a run came out different."""
    options = arguments()
    chosen = [entry for entry in SCENARIOS if options.only in entry.name]
    if options.kills is not None:
        chosen = [dataclasses.replace(entry, kills=options.kills) for entry in chosen]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        outcomes = rage(chosen, Path(folder), seed=options.seed)
    print(table(outcomes))
    print(f"{time.monotonic() - began:.0f} s, seed {options.seed}, {os.cpu_count()} cores")
    if options.json is not None:
        options.json.write_text(json.dumps([dataclasses.asdict(outcome) for outcome in outcomes], indent=2) + "\n")
    return int(any(outcome.differences for outcome in outcomes))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--kills", type=int, help="in each scenario, instead of its own number")
    parser.add_argument("--seed", type=int, default=0, help="of the instants")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    return parser.parse_args()


def rage(chosen: Sequence[Scenario], folder: Path, *, seed: int) -> list[Outcome]:
    """The storm, with a bar on a terminal and a line per run in any case."""
    project = make_project(folder / "digits", extras=EXTRAS)
    outcomes: list[Outcome] = []
    with tqdm(total=sum(entry.kills for entry in chosen), unit="kill", disable=not sys.stderr.isatty()) as bar:
        for scenario in chosen:

            def tell(line: str, scenario: Scenario = scenario) -> None:
                bar.write(f"{scenario.name}: {line}")
                sys.stdout.flush()

            outcomes.append(storm(project, scenario, seed, on_kill=bar.update, on_run=tell))
    return outcomes


def table(outcomes: Sequence[Outcome]) -> str:
    """A line per scenario, and their sum."""
    numbers = [
        (each.kills, each.in_write, each.restarts, each.resumed, each.runs, len(each.differences), round(each.seconds))
        for each in outcomes
    ]
    total = ("all", *(sum(column) for column in zip(*numbers, strict=True)))
    rows = [HEADINGS, *((each.scenario, *row) for each, row in zip(outcomes, numbers, strict=True)), total]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
