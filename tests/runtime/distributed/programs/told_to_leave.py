"""A launched program that stays in one of its phases until a signal comes: told_to_leave.py PHASE BACKEND [N].

It is the first of a process group of its own. Prints "in PHASE" there, and "saves ITERATION" where it saves.
"""

import os
import sys
import time
from contextlib import suppress
from typing import Any

from torch.utils.data import Dataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.distributed.launcher import launch
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import Preemption


def say(*words: object) -> None:
    """Prints a line whole, also where two processes share the output."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def stay(phase: str, wanted: str) -> None:
    """Stays, if this is where."""
    if phase == wanted:
        say("in", phase)
        time.sleep(600)


class Slow(Dataset[int]):
    """It takes a moment to come up in the worker of a loader."""

    def __init__(self) -> None:
        self.seconds = 0.5

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        return index

    def __setstate__(self, state: dict[str, Any]) -> None:
        say("in loading")
        time.sleep(state["seconds"])


def run(local_rank: int, phase: str) -> None:
    """The program in one process."""
    stay("start", phase)
    with suppress(BaseException):  # as some libraries do
        stay("a library", phase)
    trainer = Engine[Any, Any](lambda engine, batch: time.sleep(0.001))
    evaluator = Engine[Any, Any](lambda engine, batch: time.sleep(0.001))
    engine = trainer if phase == "training" else evaluator
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: say("in", phase))
    trainer.add_event_handler(
        Events.EPOCH_COMPLETED, lambda: evaluator.run(range(10**9 if phase == "validation" else 1))
    )
    Preemption(lambda engine: say("saves", engine.state.iteration)).attach(trainer, evaluator)
    loader = idist.auto_dataloader(Slow(), num_workers=1, multiprocessing_context="spawn")
    trainer.run(loader if phase == "loading" else range(10**9 if phase == "training" else 4))
    idist.barrier()
    stay("test", phase)


if __name__ == "__main__":
    os.setpgid(0, 0)
    say("starts")
    phase, backend, *number = sys.argv[1:]
    launch(run, phase, backend=backend, nproc_per_node=int(number[0]) if number else None)
