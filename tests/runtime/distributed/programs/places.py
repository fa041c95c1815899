"""Prints what the getters say on each process: places.py BACKEND."""

from __future__ import annotations

import sys

import native_jobs

from scaffold_runtime import distributed as idist


def main(local_rank: int) -> None:
    """Prints."""
    print(f"{native_jobs.places()}\n", end="", flush=True)  # one write


if __name__ == "__main__":
    with idist.Parallel(sys.argv[1]) as parallel:
        parallel.run(main)
