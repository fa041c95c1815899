"""Sends itself Ctrl-C in the instant between a loader's workers and the lines that let this process end them."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.distributed import auto
from scaffold_runtime.run import launch

really_held_back = auto.held_back


@contextmanager
def held_back(*arguments: Any) -> Generator[None]:
    """As it is, and the signal comes while it holds."""
    with really_held_back(*arguments):
        yield
        os.kill(os.getpid(), signal.SIGINT)


def run(local_rank: int, config: None) -> None:
    """Reads batches until it is told to leave."""
    auto.held_back = held_back
    loader = idist.auto_dataloader(TensorDataset(torch.arange(64)), batch_size=8, num_workers=2)
    while True:
        for _ in loader:
            pass
        print("reads on", flush=True)


if __name__ == "__main__":
    launch(run, None, backend="none")
