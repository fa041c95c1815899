"""A process of a `Team`: does the jobs that come on its input, and answers on its output."""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import traceback

from scaffold_runtime import distributed as idist


def main() -> None:
    """Works until the input ends."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a job prints must not mix with the answers
    idist.initialize("gloo")
    while True:
        try:
            job, args = pickle.load(jobs)
        except EOFError:
            break
        module, function = job.rsplit(".", 1)
        try:
            answer = (True, getattr(importlib.import_module(module), function)(*args))
        except Exception:
            answer = (False, f"Rank {idist.get_rank()}:\n{traceback.format_exc()}")
        pickle.dump(answer, answers)
        answers.flush()
    idist.finalize()


if __name__ == "__main__":
    main()
