"""All that processes under horovodrun are compared in, for one start of it: prints what each program prints."""

from __future__ import annotations

import json

import auto_jobs
import collective_checks
import one_program

from scaffold_runtime import distributed as idist


def main(local_rank: int) -> None:
    """The one program, the parameters after accumulated and clipped gradients, and the checks of collectives."""
    one_program.training(local_rank)
    print(json.dumps(auto_jobs.accumulate("ddp")), flush=True)
    collective_checks.main(local_rank)


if __name__ == "__main__":
    with idist.Parallel("horovod") as parallel:
        parallel.run(main)
