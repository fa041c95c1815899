"""Trains a step under DDP; says which threads torch.distributed has at the end.

Usage: left_group.py WAY [--spawn N] [--late], which lets these threads run only when nothing else wants to.
"""

from __future__ import annotations

import argparse
import atexit
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from scaffold_runtime import distributed as idist

BUSY = "import os, time; end = time.monotonic() + 10\nwhile os.getppid() == {} and time.monotonic() < end: pass"


def threads() -> Iterator[tuple[int, str]]:
    """Number and name of those that torch.distributed has."""
    for task in Path("/proc/self/task").iterdir():
        name = task.joinpath("comm").read_text().strip()
        if "gloo" in name:
            yield int(task.name), name


def say_threads() -> None:
    """One line, whole also where processes share the output."""
    sys.stdout.write(f"threads: {[name for _, name in threads()]}\n")
    sys.stdout.flush()


atexit.register(say_threads)  # the last to be called: in spawned processes too, which import this


def come_late() -> None:
    """The threads that work for torch.distributed run when their core has nothing else to do; and it has."""
    cores = sorted(os.sched_getaffinity(0))
    core = cores[idist.get_rank() % len(cores)]
    os.sched_setaffinity(0, {core})
    for number, name in threads():
        if name == "pt_gloo_runloop":
            os.sched_setaffinity(number, {core})
            os.sched_setscheduler(number, os.SCHED_IDLE, os.sched_param(0))
    subprocess.Popen([sys.executable, "-c", BUSY.format(os.getpid())])  # on the same core, until this process has ended


def step(local_rank: int, way: str, late: bool) -> None:
    """One backward pass whose gradients are averaged, of a model that is part of a cycle."""
    if late:
        come_late()
    if way == "forks" and os.fork() == 0:
        sys.exit(0)
    model = idist.auto_model(nn.Linear(2, 1))
    cycle: list[Any] = [model]
    cycle.append(cycle)
    model(torch.ones(3, 2)).sum().backward()
    idist.all_reduce(torch.ones(3))
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
    parser.add_argument("way", choices=("returns", "leaves", "finalizes", "forgets", "forks"))
    parser.add_argument("--spawn", type=int)
    parser.add_argument("--late", action="store_true")
    options = parser.parse_args()
    if options.way in ("finalizes", "forgets", "forks"):
        idist.initialize("gloo")
        step(idist.get_local_rank(), options.way, options.late)
    else:
        with idist.Parallel("gloo", nproc_per_node=options.spawn) as parallel:
            parallel.run(step, options.way, options.late)
