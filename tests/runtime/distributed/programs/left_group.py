"""Trains a step under DDP, leaves the group, and prints the names of the threads that torch.distributed still has."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from scaffold_runtime import distributed as idist


def step(local_rank: int) -> None:
    """One backward pass whose gradients are averaged."""
    idist.auto_model(nn.Linear(2, 1))(torch.ones(3, 2)).sum().backward()


if __name__ == "__main__":
    with idist.Parallel("gloo") as parallel:
        parallel.run(step)
    names = [task.joinpath("comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    print("threads:", [name for name in names if "gloo" in name], flush=True)
