"""Measures time between events."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from ..engine.engine import Engine
from ..engine.events import Events


class Timer:
    """A stopwatch that events start, pause, resume and step.

    Runs on:   the events it is attached to.
    Changes:   nothing.
    Saves:     nothing.
    Processes: each measures its own time. Work on an accelerator goes on after the host has left it; wait for
        the device before you read.

    Args:
        average: `value` is the time per step.

    Example:
        >>> import time
        >>> trainer = Engine(lambda engine, batch: time.sleep(0.01))
        >>> timer = Timer(average=True)
        >>> _ = timer.attach(
        ...     trainer, start=Events.EPOCH_STARTED, resume=Events.ITERATION_STARTED,
        ...     pause=Events.ITERATION_COMPLETED, step=Events.ITERATION_COMPLETED,
        ... )
        >>> _ = trainer.run(range(5))
        >>> 0.01 <= timer.value() < 0.1
        True
    """

    def __init__(self, average: bool = False) -> None:
        self._average = average
        self.reset()

    def attach(
        self,
        engine: Engine[Any, Any],
        start: Any = Events.STARTED,
        pause: Any = Events.COMPLETED,
        resume: Any = None,
        step: Any = None,
    ) -> Timer:
        """Lets events of `engine` start, pause, resume and step it."""
        for event, action in ((start, self.reset), (pause, self.pause), (resume, self.resume), (step, self.step)):
            if event is not None:
                engine.add_event_handler(event, action)
        return self

    def reset(self, *_: Any) -> Timer:
        """Starts from zero."""
        self.total = 0.0
        self.step_count = 0
        self.running = True
        self._started = perf_counter()
        return self

    def pause(self, *_: Any) -> None:
        """Stands still."""
        if self.running:
            self.total += perf_counter() - self._started
            self.running = False

    def resume(self, *_: Any) -> None:
        """Runs on."""
        if not self.running:
            self.running = True
            self._started = perf_counter()

    def step(self, *_: Any) -> None:
        """Counts a step, for the average."""
        self.step_count += 1

    def value(self) -> float:
        """Seconds, or seconds per step."""
        total = self.total + (perf_counter() - self._started if self.running else 0.0)
        return total / max(self.step_count, 1) if self._average else total
