"""What a run saves: its newest state, to go on from, and its best network, to use.

A checkpoint is on the disk before the one before it goes, so a kill at any moment loses at most the work since the
last one. The state is everything that the rest of the run depends on. Writing goes on beside the training.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import (
    AsyncDiskSaver,
    Checkpoint,
    CheckpointError,
    Preemption,
    TimeLimit,
    global_step_from_engine,
    resume,
    run_state,
)

from .config import Config
from .run_folder import RunFolder, log


class Checkpoints:
    """The two series of checkpoints of a run.

    Args:
        folder: the run's.
        config: how often to save, and how long the run may take.
        trainer: saves at the end of each of its epochs, and when it is told to leave: by SIGTERM, by SIGUSR1, or by
            the time limit.
        evaluator: its metric `score_name` decides what is best.
        network: what is evaluated.
        score_name: higher is better.
        **others: whatever else has a state: model, optimizer, scheduler, handlers.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: Config,
        trainer: Engine[Any, Any],
        evaluator: Engine[Any, Any],
        network: nn.Module,
        *,
        score_name: str,
        **others: Any,
    ) -> None:
        self._folder = folder
        self._network = network
        saver = AsyncDiskSaver(folder.checkpoints, require_empty=False)
        self._best = Checkpoint(
            {"network": network},
            saver,
            filename_prefix="best",
            score_name=score_name,
            n_saved=2,  # a kill may leave a state that was saved before the newest of them, and knows the other one
            global_step_transform=global_step_from_engine(trainer),
        )
        self._state = run_state(trainer, {"val": evaluator}, best=self._best, **others)
        self._last = Checkpoint(self._state, saver, filename_prefix="last", n_saved=2, include_self=True)
        evaluator.add_event_handler(Events.COMPLETED, self._best)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._last)
        if config.checkpoint_every is not None:
            trainer.add_event_handler(Events.ITERATION_COMPLETED(every=config.checkpoint_every), self._last)
        Preemption(self._leave).attach(trainer)
        if config.time_limit_minutes is not None:
            limit = TimeLimit(config.time_limit_minutes * 60, self._leave)
            trainer.add_event_handler(Events.ITERATION_COMPLETED, limit)

    def resume(self) -> None:
        """Goes to the newest state that is whole, if there is one.

        Raises:
            SystemExit: it is another network's, or not safe to load.
        """
        try:
            path = resume({**self._state, "checkpointer": self._last}, self._folder.checkpoints)
        except CheckpointError as error:
            raise SystemExit(f"Error: {error}") from None
        if path is not None:
            log.info(f"Going on from {path}")

    def load_best(self) -> None:
        """Gives the network the weights that scored best."""
        self._best.wait()
        idist.barrier()  # rank 0 has written them by now
        if self._best.last_checkpoint is not None:
            Checkpoint.load_objects({"network": self._network}, self._best.last_checkpoint)

    def _leave(self, trainer: Engine[Any, Any]) -> None:
        self._last(trainer)
        self._last.wait()
        log.info(f"Stopping at iteration {trainer.state.iteration}; --resume {self._folder.path} goes on from there.")
