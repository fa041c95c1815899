"""Runs the checks of `collective_checks` under whatever launcher started this program: BACKEND [NPROC_PER_NODE]."""

from __future__ import annotations

import sys

import collective_checks

from scaffold_runtime import distributed as idist

if __name__ == "__main__":
    nproc = int(sys.argv[2]) if len(sys.argv) > 2 else None
    with idist.Parallel(sys.argv[1], nproc_per_node=nproc) as parallel:
        parallel.run(collective_checks.main)
