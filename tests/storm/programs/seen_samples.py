"""A run that writes down which samples each process sees; started again, with any number of processes, it goes on.

Usage: seen_samples.py FOLDER ATTEMPT PROCESSES EPOCHS [LAST]. `from-ATTEMPT` has the iteration from which it went on,
and `seen-ATTEMPT-RANK` a line "iteration epoch index index ..." for each step. In the step LAST it waits to be killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers import AsyncDiskSaver, Checkpoint, resume, run_state

SAMPLES, BATCH = 53, 8


class Numbers(Dataset[int]):
    """Each sample is its own index."""

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> int:
        return index


def run(local_rank: int, folder: Path, attempt: str, epochs: int, last: int | None) -> None:
    """One process."""
    loader: Any = idist.auto_dataloader(Numbers(), batch_size=BATCH, shuffle=True, num_workers=1, seed=5)
    seen = folder / f"seen-{attempt}-{idist.get_rank()}"

    def step(engine: Engine[Any, Any], batch: Tensor) -> None:
        with seen.open("a") as file:
            print(engine.state.iteration, engine.state.epoch, *batch.tolist(), file=file)
        if engine.state.iteration == last:
            time.sleep(600)

    trainer: Engine[Any, Any] = Engine(step)
    state = run_state(trainer)
    newest = Checkpoint(state, AsyncDiskSaver(folder / "checkpoints", require_empty=False), n_saved=2)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=2), newest)
    resume(state, folder / "checkpoints")
    if idist.get_rank() == 0:
        (folder / f"from-{attempt}").write_text(str(trainer.state.iteration))
    trainer.run(loader, max_epochs=epochs)


if __name__ == "__main__":
    with idist.Parallel("gloo", nproc_per_node=int(sys.argv[3])) as parallel:
        held = int(sys.argv[5]) if len(sys.argv) == 6 else None
        parallel.run(run, Path(sys.argv[1]), sys.argv[2], int(sys.argv[4]), held)
