"""Stops a training whose numbers have broken."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import torch
from torch import Tensor

from .. import distributed as idist
from ..engine.engine import Engine

SELDOM = 50
"""Iterations between two looks where a look makes the accelerator, or the other processes, wait."""


class TerminateOnNan:
    """Stops the trainer when its output has a NaN or an infinity.

    Whether it has is found out on the device and kept there; the host looks every `check_every` iterations and
    at the end of each epoch, because a look waits until the device has finished all it was given. It also looks before
    the run is saved: a `Checkpoint` of this trainer asks, and what has broken is not saved over what has not.

    Runs on:   `ITERATION_COMPLETED` of the trainer.
    Changes:   calls `engine.terminate()`, or ends the program; never touches the model.
    Saves:     nothing.
    Processes: a NaN on one rank stops all, at the same iteration.

    Args:
        output_transform: what of the output to look at.
        check_every: iterations between two looks; 1 on one CPU process, otherwise 50, if not given.
        exit_code: end the program with it, as a run that diverged has nothing to go on with; None ends the run.

    Example:
        >>> trainer = Engine(lambda engine, batch: 1.0 / batch if batch else float("nan"))
        >>> from ..engine.events import Events
        >>> _ = trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
        >>> trainer.run([2.0, 1.0, 0.0, 1.0]).iteration
        3
    """

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = lambda output: output,
        *,
        check_every: int | None = None,
        exit_code: int | None = None,
    ) -> None:
        if check_every is not None and check_every < 1:
            raise ValueError(f"`check_every` should be at least 1, got {check_every}.")
        self._output_transform = output_transform
        self._check_every, self._exit_code = check_every, exit_code
        self._broken: bool | Tensor = False
        self._noted: tuple[int, Any] = (0, None)  # the iteration and output that came last
        self._found_at = -1  # the iteration after which it was seen that something had broken
        self._has_looked = False  # at what is noted: one rank alone may ask once more

    def __call__(self, engine: Engine[Any, Any]) -> None:
        """Looks at the output of this iteration, or notes it for later."""
        self._note(engine)
        if self._is_time(engine):
            self.is_sound(engine)

    def is_sound(self, engine: Engine[Any, Any], /) -> bool:
        """Looks on all processes, and stops the trainer if something has broken since the last look."""
        self._note(engine)
        has_looked, self._has_looked = self._has_looked, True
        if not has_looked and self._is_broken_anywhere():
            logging.getLogger(__name__).warning(
                "The output of iteration %d, or of one shortly before, has NaN or infinity: training stops.",
                engine.state.iteration,
            )
            if self._exit_code is not None:
                raise SystemExit(self._exit_code)
            self._broken, self._found_at = False, engine.state.iteration
            engine.terminate()
        return self._found_at != engine.state.iteration

    def _note(self, engine: Engine[Any, Any]) -> None:
        iteration, output = engine.state.iteration, engine.state.output
        if output is None or (iteration == self._noted[0] and output is self._noted[1]):
            return
        self._noted, self._found_at, self._has_looked = (iteration, output), -1, False
        for value in _numbers(self._output_transform(output)):
            self._broken = _either(self._broken, _is_broken(value))

    def _is_time(self, engine: Engine[Any, Any]) -> bool:
        every = self._check_every
        if every is None:
            on_device = isinstance(self._broken, Tensor) and self._broken.device.type != "cpu"
            every = SELDOM if on_device or not self._is_alone else 1
        return engine.state.iteration % every == 0 or engine.epoch_iteration == engine.state.epoch_length

    @cached_property
    def _is_alone(self) -> bool:
        return idist.get_world_size() == 1  # asked once: nobody joins a run that has begun

    def _is_broken_anywhere(self) -> bool:
        return bool(self._broken) if self._is_alone else idist.any_rank(bool(self._broken))


def _is_broken(value: float | Tensor) -> bool | Tensor:
    if isinstance(value, Tensor):
        if value.ndim > 0 or value.device.type != "cpu" or value.is_complex():
            return torch.isfinite(value.detach()).all().logical_not()
        value = value.item()  # at hand, and asked in a fiftieth of the time
    return not math.isfinite(value)


def _either(first: bool | Tensor, second: bool | Tensor) -> bool | Tensor:
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return first.to(second.device) | second
    return first | second


def _numbers(output: Any) -> Iterator[float | Tensor]:
    """The numbers and tensors anywhere in the output."""
    if isinstance(output, (int, float, Tensor)):
        yield output
    elif isinstance(output, (Mapping, Sequence)) and not isinstance(output, (str, bytes)):
        values = cast("Any", output)
        for value in values.values() if isinstance(output, Mapping) else values:
            yield from _numbers(value)
