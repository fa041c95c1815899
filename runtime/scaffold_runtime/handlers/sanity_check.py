"""A validation of some batches before a training of hours, so that its errors come at once."""

import warnings
from collections.abc import Iterable, Sized
from contextlib import nullcontext
from typing import Any

from torch import nn

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events
from ..engine.random_state import kept_random_state
from ..exceptions import NotComputableError


class SanityCheck:
    """Runs the evaluator on a few batches before a training begins: what would fail after an epoch fails now.

    Its metrics are computed and forgotten. What cannot be computed of so few samples is a warning. Random numbers are
    put back, so the training is to the bit the one without it.

    Runs on:   `STARTED` of the trainer, if the run is a new one.
    Changes:   nothing. Handlers of the evaluator's `COMPLETED`, such as checkpoints and early stopping, are not called;
               those of its other events are.
    Saves:     nothing: a run that goes on has been checked.
    Processes: all check, each with its own batches.

    Args:
        evaluator: what is tried.
        data: of the validations.
        num_batches: how many of them.
        model: what is evaluated, where processes may have different numbers of batches and the evaluator is not one of
            `create_supervised_evaluator`.

    Raises:
        ValueError: there is no batch to try.

    Example:
        >>> evaluator = Engine(lambda engine, batch: 1 / batch)
        >>> trainer = Engine(lambda engine, batch: print("an hour"))
        >>> SanityCheck(evaluator, [1, 0]).attach(trainer)
        >>> trainer.run([1])
        Traceback (most recent call last):
        ...
        ZeroDivisionError: division by zero
    """

    def __init__(
        self,
        evaluator: Engine[Any, Any],
        data: Iterable[Any],
        num_batches: int = 2,
        *,
        model: nn.Module | None = None,
    ) -> None:
        if num_batches < 1:
            raise ValueError(f"`num_batches` should be at least 1, got {num_batches}.")
        self.evaluator, self.data, self.num_batches, self.model = evaluator, data, num_batches, model

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Checks before `engine`, the trainer, trains."""
        engine.add_event_handler(Events.STARTED, self._check_if_new)

    def _check_if_new(self, trainer: Engine[Any, Any]) -> None:
        if trainer.state.iteration == 0:
            with kept_random_state():
                self.run()

    def run(self) -> None:
        """Evaluates the batches; what goes wrong goes through."""
        evaluator, count = self.evaluator, self._count()
        around = nullcontext() if self.model is None else idist.uneven_inputs(self.model, count)
        leave = evaluator.add_event_handler(Events.EPOCH_COMPLETED, self._leave, priority=-(10**6))
        try:
            with around:
                evaluator.run(self.data, epoch_length=count or None)  # of several processes one may have no batch
        except NotComputableError as error:
            warnings.warn(f"{count} batches are too few to compute all metrics: {error}", stacklevel=2)
        finally:
            leave.remove()
            evaluator.state.metrics.clear()
            evaluator.state.max_epochs = evaluator.state.max_iters = None  # the next run is a new one

    def _count(self) -> int:
        length = len(self.data) if isinstance(self.data, Sized) else self.num_batches
        return min(length, self.num_batches)

    def _leave(self) -> None:
        self.evaluator.terminate(skip_completed=True)
