"""Goes on from the newest checkpoint of a folder, saving step after step, until somebody kills it.

Prints each step when it is safe. Usage: save_forever.py FOLDER sync|async
"""

import sys
from pathlib import Path

import torch

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.saving.checkpoint_file import newest_checkpoint


class Weights:
    """Two megabytes that all say the same number."""

    def __init__(self) -> None:
        self.value = torch.zeros(500_000)

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The numbers."""
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Takes the numbers over."""
        self.value = state["value"].clone()


def main(folder: Path, kind: str) -> None:
    """Trains from where the folder says, for ever."""
    weights = Weights()

    def step(engine: Engine[None, None], batch: None) -> None:
        weights.value += 1

    trainer: Engine[None, None] = Engine(step)
    saver = (AsyncDiskSaver if kind == "async" else DiskSaver)(folder, require_empty=False)
    to_save = {"weights": weights, "trainer": trainer}
    checkpoint = Checkpoint(to_save, saver, n_saved=2, include_self=True)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, checkpoint)
    newest = newest_checkpoint(folder)
    if newest is not None:
        Checkpoint.load_objects({**to_save, "checkpointer": checkpoint}, newest)
        assert weights.value.unique().tolist() == [trainer.state.iteration]
    print(f"from {trainer.state.iteration}", flush=True)

    @trainer.on(Events.ITERATION_COMPLETED)
    def tell() -> None:
        if kind == "sync":
            print(trainer.state.iteration, flush=True)
        else:  # the one before is safe when the next one has been accepted
            print(trainer.state.iteration - 1, flush=True)

    trainer.run(max_iters=10_000_000, epoch_length=10_000_000)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
