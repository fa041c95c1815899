"""Programs that leave before their end in one way each: leaving.py WAY --backend NAME [--spawn N]."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from scaffold_runtime import distributed as idist
from scaffold_runtime.distributed import workers
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import Preemption

CODE = 75


def say(*words: object) -> None:
    """Prints a line whole, also where two processes share the output."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def together(rank: int) -> None:
    """All leave, and rank 1 has something to put away."""
    try:
        raise SystemExit(CODE)
    finally:
        if rank == 1:
            time.sleep(1)
            say("rank 1 has put all away")


def alone(rank: int) -> None:
    """Rank 1 leaves while rank 0 waits for it."""
    if rank == 1:
        raise SystemExit(CODE)
    idist.barrier()


def with_words(rank: int) -> None:
    """All say why."""
    idist.barrier()
    sys.exit("there is nothing to do")


def train(rank: int, save: Any) -> None:
    """A run that goes on until a signal comes; the signal saves it."""
    trainer = Engine[Any, Any](lambda engine, batch: time.sleep(0.001))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=1), lambda: say("rank", rank, "trains"))
    Preemption(save).attach(trainer)
    trainer.run(range(10**9))


def preempted(rank: int) -> None:
    """Leaves in order."""
    train(rank, lambda engine: say("rank", rank, "saves at", engine.state.iteration))


def saves_forever(rank: int) -> None:
    """Does not come to the end of saving."""

    def save(engine: object) -> None:
        say("rank", rank, "saves")
        time.sleep(600)

    train(rank, save)


def deaf(rank: int) -> None:
    """Listens to no signal."""
    idist.barrier()
    say("rank", rank, "trains")
    time.sleep(600)


WAYS = {way.__name__: way for way in (together, alone, with_words, preempted, saves_forever, deaf)}


def main(local_rank: int, way: str) -> None:
    """Leaves."""
    WAYS[way](idist.get_rank())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("way")
    parser.add_argument("--backend")
    parser.add_argument("--spawn", type=int)
    options = parser.parse_args()
    workers.GRACE_SECONDS = 0.3
    with idist.Parallel(options.backend, nproc_per_node=options.spawn) as parallel:
        parallel.run(main, options.way)
