"""Programs that go wrong in one way each: failing.py WAY --backend NAME [--spawn N] [--timeout SECONDS]."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
import time
from datetime import timedelta
from typing import Any

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.distributed import collective_watchdog
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import Checkpoint, TerminateOnNan


def raises(rank: int) -> None:
    """Rank 1 makes a mistake while the others go on."""
    if rank == 1:
        time.sleep(0.5)
        raise KeyError("my own mistake")
    while True:
        idist.all_reduce(torch.ones(1))


def waits(rank: int) -> None:
    """Rank 0 makes a call that rank 1 does not make."""
    if rank == 0:
        idist.all_reduce(torch.ones(1))  # LINE OF THE CALL
    time.sleep(600)


def leaves(rank: int) -> None:
    """Rank 1 is through before the call of rank 0."""
    if rank == 0:
        idist.barrier()


def warns(rank: int) -> None:
    """Rank 1 comes late."""
    if rank == 1:
        time.sleep(3)
    idist.barrier()


def dies(rank: int) -> None:
    """Rank 1 is killed, as by the kernel when memory runs out."""
    if rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    while True:
        idist.all_reduce(torch.ones(1))


def hangs(rank: int) -> None:
    """Rank 1 fails; rank 0 is deaf to polite signals."""
    if rank == 1:
        raise KeyError("my own mistake")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def fewer(rank: int) -> None:
    """Rank 1 has a batch of training less than rank 0, and ends before."""
    model = idist.auto_model(torch.nn.Linear(2, 1))
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: model(batch).sum().backward())
    trainer.run([torch.ones(1, 2)] * (5 - rank), max_epochs=2)


def differs(rank: int) -> None:
    """As `fewer`, and rank 1 measures at the end of its epoch what rank 0 does not."""
    collective_watchdog.AFTER_YOU_SECONDS = 4.0  # on a busy machine too the other one has left its word by then
    model = idist.auto_model(torch.nn.Linear(2, 1))
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: model(batch).sum().backward())
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: idist.all_gather(1))
    trainer.run([torch.ones(1, 2)] * (5 - rank), max_epochs=2)


def saves(rank: int) -> None:
    """Rank 0 alone saves, beside a guard that looks on all."""
    model = idist.auto_model(torch.nn.Linear(2, 1))
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: model(batch).sum().backward())
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    with tempfile.TemporaryDirectory() as folder:
        if rank == 0:
            trainer.add_event_handler(Events.EPOCH_COMPLETED, Checkpoint({"model": model}, folder))
        trainer.run([torch.ones(1, 2)] * 5, max_epochs=2)
        print(f"{rank} {sorted(os.listdir(folder))}\n", end="", flush=True)  # one write: lines of two do not mix


def nothing(rank: int) -> None:
    """All is well."""


WAYS = {way.__name__: way for way in (raises, waits, leaves, warns, dies, hangs, fewer, differs, saves, nothing)}


def main(local_rank: int, way: str) -> None:
    """Goes wrong."""
    collective_watchdog.WARN_AFTER_SECONDS = 1.0
    logging.basicConfig()
    WAYS[way](idist.get_rank())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("way")
    parser.add_argument("--backend")
    parser.add_argument("--spawn", type=int)
    parser.add_argument("--master-port", type=int)
    parser.add_argument("--timeout", type=float)
    options = parser.parse_args()
    arguments: dict[str, Any] = {"nproc_per_node": options.spawn, "master_port": options.master_port}
    if options.timeout is not None:
        arguments["timeout"] = timedelta(seconds=options.timeout)
    try:
        with idist.Parallel(options.backend, **arguments) as parallel:
            parallel.run(main, options.way)
    except idist.LaunchError as error:
        sys.exit(f"Error: {error}")
