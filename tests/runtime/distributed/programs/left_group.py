"""Trains a step under DDP; says which threads torch.distributed has at the end: left_group.py WAY [--spawn N]."""

from __future__ import annotations

import argparse
import atexit
import sys
from pathlib import Path
from typing import Any

import torch
from torch import nn

from scaffold_runtime import distributed as idist


def say_threads() -> None:
    """One line, whole also where processes share the output."""
    names = [task.joinpath("comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    sys.stdout.write(f"threads: {[name for name in names if 'gloo' in name]}\n")
    sys.stdout.flush()


atexit.register(say_threads)  # the last to be called: in spawned processes too, which import this


def step(local_rank: int, way: str) -> None:
    """One backward pass whose gradients are averaged, of a model that is part of a cycle."""
    model = idist.auto_model(nn.Linear(2, 1))
    cycle: list[Any] = [model]
    cycle.append(cycle)
    model(torch.ones(3, 2)).sum().backward()
    if way == "leaves":
        leave(cycle)
    if way == "finalizes":
        idist.finalize()


def leave(kept: object) -> None:
    """Exits for another error, through functions that have the model."""
    try:
        raise ValueError
    except ValueError:
        sys.exit(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=("returns", "leaves", "finalizes", "forgets"))
    parser.add_argument("--spawn", type=int)
    options = parser.parse_args()
    if options.way in ("finalizes", "forgets"):
        idist.initialize("gloo")
        step(idist.get_local_rank(), options.way)
    else:
        with idist.Parallel("gloo", nproc_per_node=options.spawn) as parallel:
            parallel.run(step, options.way)
