"""Counts to ten with a checkpoint after each step; rank 1 is killed once, in the middle: restarting.py FOLDER."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch

from scaffold_runtime import distributed as idist


def main(local_rank: int, folder: Path) -> None:
    """Goes on from the checkpoint, if there is one, and says where it began."""
    file, killed = folder / "checkpoint.pt", folder / "killed"
    total, start = torch.load(file) if idist.broadcast(file.exists()) else (0, 0)
    if idist.get_rank() == 0:
        print(f"begins at {start}", flush=True)
    for step in range(start, 10):
        if step == 6 and idist.get_rank() == 1 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        total += idist.all_reduce(step + idist.get_rank())
        if idist.get_rank() == 0:
            torch.save((total, step + 1), folder / "new.pt")
            (folder / "new.pt").rename(file)
        idist.barrier()
    if idist.get_rank() == 0:
        print(f"total {total}", flush=True)


if __name__ == "__main__":
    with idist.Parallel("gloo") as parallel:
        parallel.run(main, Path(sys.argv[1]))
