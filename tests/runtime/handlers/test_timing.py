"""A stopwatch on events."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.timing import Timer


def duration(work: Callable[[], object]) -> float:
    """Seconds that it takes, by a clock of our own: on a busy machine nobody knows them beforehand."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_it_measures_the_run() -> None:
    """Attached as it is, it measures from start to completion and then stands still."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: time.sleep(0.01))
    timer = Timer().attach(trainer)
    seconds = duration(lambda: trainer.run([0] * 5))
    value = timer.value()
    assert 0.05 <= value <= seconds
    time.sleep(0.01)
    assert timer.value() == value


def test_it_leaves_out_what_is_between() -> None:
    """Paused between steps, it measures the steps alone, on average."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: time.sleep(0.01))
    timer = Timer(average=True)
    timer.attach(
        trainer,
        start=Events.EPOCH_STARTED,
        resume=Events.ITERATION_STARTED,
        pause=Events.ITERATION_COMPLETED,
        step=Events.ITERATION_COMPLETED,
    )
    trainer.add_event_handler(Events.GET_BATCH_STARTED, lambda: timer.pause())
    trainer.add_event_handler(Events.GET_BATCH_STARTED, lambda: time.sleep(0.05))
    seconds = duration(lambda: trainer.run([0] * 4))
    assert timer.step_count == 4
    assert 0.01 <= timer.value() <= (seconds - 4 * 0.05) / 4


def test_it_runs_on_after_a_pause() -> None:
    """Time between pause and resume does not count."""
    timer = Timer()

    def work_and_rest() -> None:
        timer.reset()
        timer.pause()
        time.sleep(0.02)
        timer.resume()
        time.sleep(0.01)
        timer.pause()

    seconds = duration(work_and_rest)
    assert 0.01 <= timer.value() <= seconds - 0.02
