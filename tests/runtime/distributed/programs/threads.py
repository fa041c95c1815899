"""Prints the threads of torch in each process of `spawn`. Arguments: processes, and OMP_NUM_THREADS or nothing."""

from __future__ import annotations

import os
import sys

import torch

from scaffold_runtime import distributed as idist


def tell(rank: int) -> None:
    """One process."""
    print(f"{torch.get_num_threads()}\n", end="", flush=True)  # in one piece, as several write


if __name__ == "__main__":
    os.environ.pop("OMP_NUM_THREADS", None)
    if len(sys.argv) == 3:
        os.environ["OMP_NUM_THREADS"] = sys.argv[2]
    idist.spawn("gloo", tell, nproc_per_node=int(sys.argv[1]))
