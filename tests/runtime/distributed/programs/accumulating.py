"""Trains with accumulated and clipped gradients, and prints the parameters as JSON: accumulating.py BACKEND."""

from __future__ import annotations

import json
import sys

import auto_jobs

from scaffold_runtime import distributed as idist


def main(local_rank: int) -> None:
    """Trains."""
    print(json.dumps(auto_jobs.accumulate("ddp")), flush=True)


if __name__ == "__main__":
    with idist.Parallel(sys.argv[1]) as parallel:
        parallel.run(main)
