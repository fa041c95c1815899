"""Prints how a process of `spawn` starts processes of its own, and then how this one does."""

from __future__ import annotations

import multiprocessing

from scaffold_runtime import distributed as idist


def tell(rank: int) -> None:
    """One process."""
    print(multiprocessing.get_start_method(), flush=True)


if __name__ == "__main__":
    idist.spawn("gloo", tell, nproc_per_node=1)
    print(multiprocessing.get_start_method())
