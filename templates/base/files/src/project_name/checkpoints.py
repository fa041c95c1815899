"""What a run saves: its newest state, to go on from, and its best network, to use.

A checkpoint is on the disk before the one before it goes, so a kill at any moment loses at most the work since the
last one. The state is everything that the rest of the run depends on.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import Checkpoint, DiskSaver, global_step_from_engine, resume, run_state

from .run_folder import RunFolder, log


class Checkpoints:
    """The two series of checkpoints of a run.

    Args:
        folder: the run's.
        trainer: saves at the end of each of its epochs.
        evaluator: its metric `score_name` decides what is best.
        model: the network.
        score_name: higher is better.
        **others: whatever else has a state: optimizer, scheduler, handlers.
    """

    def __init__(
        self,
        folder: RunFolder,
        trainer: Engine[Any, Any],
        evaluator: Engine[Any, Any],
        model: nn.Module,
        *,
        score_name: str,
        **others: Any,
    ) -> None:
        self._folder = folder.checkpoints
        self._model = model
        saver = DiskSaver(self._folder, require_empty=False)
        self._best = Checkpoint(
            {"model": model},
            saver,
            filename_prefix="best",
            score_name=score_name,
            global_step_transform=global_step_from_engine(trainer),
        )
        self._state = run_state(trainer, {"val": evaluator}, model=model, best=self._best, **others)
        evaluator.add_event_handler(Events.COMPLETED, self._best)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, Checkpoint(self._state, saver, filename_prefix="last"))

    def resume(self) -> None:
        """Goes to the newest state that is whole, if there is one."""
        path = resume(self._state, self._folder)
        if path is not None:
            log.info(f"Going on from {path}")

    def load_best(self) -> None:
        """Gives the network the weights that scored best."""
        idist.barrier()  # rank 0 has written them by then
        if self._best.last_checkpoint is not None:
            Checkpoint.load_objects({"model": self._model}, self._best.last_checkpoint)
