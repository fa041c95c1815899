"""Saves and restores the random numbers of all processes. Usage: random_on_two_ranks.py FOLDER [resume]."""

import random
import sys
from typing import Any

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.run_state import resume
from scaffold_runtime.handlers.saving.restored_states import RandomStates


def drawn() -> str:
    """What this process draws next."""
    return f"rank {idist.get_rank()}: {torch.rand(1).item()} {random.random()}"


def main(folder: str, *resumes: str) -> None:
    """Draws the same numbers twice, or once from a folder that another number of processes left."""
    if not resumes:
        idist.initialize("gloo")
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    state = {"random": RandomStates(trainer), "trainer": trainer}
    if not resumes:
        torch.manual_seed(idist.get_rank())
        random.seed(idist.get_rank())
        Checkpoint(state, folder)(trainer)
        print(drawn())
        idist.barrier()
    resume(state, folder)
    print(drawn())
    idist.finalize()


if __name__ == "__main__":
    main(*sys.argv[1:])
