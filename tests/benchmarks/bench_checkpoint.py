"""What a checkpoint of 100 MB costs the training, beside plain `torch.save`; what resuming late in an epoch costs.

The step is a matrix product on all cores, and the state is 100 MB on the CPU. "Held up" is the time until the step
goes on; "with the steps after" is by how much these and the steps that follow take longer than without a save: where
all cores train, writing takes its time from them. Saves alternate in one run, so that all meet the same machine.
`torch.save` writes without fsync and checksum, ours with both.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver
from scaffold_runtime.handlers.disk_saver import DiskSaver

STEPS, ROUNDS = 40, 7
SIDE = 1100


def measure() -> None:
    """Prints the table."""
    state: dict[str, Any] = {f"layer {index}": torch.randn(2_500_000) for index in range(10)}
    matrix = torch.randn(SIDE, SIDE)

    def steps() -> None:
        for _ in range(STEPS):
            matrix @ matrix

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synchronous = DiskSaver(folder / "sync")
        beside = AsyncDiskSaver(folder / "async")
        saves: dict[str, Callable[[], Any]] = {
            "torch.save": lambda: torch.save(state, folder / "plain.pt"),
            "DiskSaver": lambda: synchronous(state, "a.pt"),
            "AsyncDiskSaver": lambda: beside(state, "a.pt"),
        }
        held = {kind: held_up(save, steps, beside) for kind, save in saves.items()}
    plain = held["torch.save"][0]
    print(
        f"100 MB, {STEPS} steps after each save, median of {ROUNDS}   held up   per torch.save   with the steps after"
    )
    for kind, (call, whole) in held.items():
        print(f"  {kind:<52} {call * 1e3:7.1f} ms   {call / plain:8.2f}       {whole * 1e3:7.1f} ms")


def held_up(save: Callable[[], Any], steps: Callable[[], None], beside: AsyncDiskSaver) -> tuple[float, float]:
    """Seconds until the step goes on, and by how many the steps after it come later."""
    calls: list[float] = []
    wholes: list[float] = []
    for _ in range(ROUNDS + 2):
        started = time.perf_counter()
        steps()
        alone = time.perf_counter() - started
        started = time.perf_counter()
        save()
        calls.append(time.perf_counter() - started)
        steps()
        wholes.append(time.perf_counter() - started - alone)
        beside.wait()
    return statistics.median(calls[2:]), statistics.median(wholes[2:])


def measure_resume() -> None:
    """Prints how long it takes to the first step from the start of an epoch, and from late in it."""
    data = TensorDataset(torch.arange(2_000_000))
    print("resuming, seconds to the next step")
    for batch in (0, 1_000_000):
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: engine.terminate())
        loader = idist.auto_dataloader(data, batch_size=1, shuffle=True)
        trainer.load_state_dict({"epoch_length": len(data), "iteration": batch})
        started = time.perf_counter()
        trainer.run(loader, max_epochs=1)
        print(f"  at batch {batch:>9,}: {time.perf_counter() - started:.2f}")


if __name__ == "__main__":
    measure()
    measure_resume()
