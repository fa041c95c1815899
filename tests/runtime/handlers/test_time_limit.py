"""Runs that end in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.warm_python import Program

from scaffold_runtime.distributed.signals import Departure
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.time_limit import TimeLimit


def test_it_terminates_the_run() -> None:
    """A run without a checkpoint ends as after `terminate`."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: time.sleep(0.01))
    completed: list[int] = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TimeLimit(0.05))
    trainer.add_event_handler(Events.COMPLETED, lambda: completed.append(trainer.state.iteration))
    trainer.run(range(1000))
    assert completed[0] <= 6


def test_processes_stop_together_and_go_on(
    tmp_path: Path,
    start_together: Callable[..., list[Program]],
    run_program: Callable[..., list[str]],
) -> None:
    """Two processes save at the same iteration when the time is over, leave with code 75, and go on later."""
    command: tuple[Any, ...] = ("training_run.py", tmp_path, 2, "--backend", "gloo")
    processes = start_together(*command, "--time-limit", 0.2, "--pause", 0.05, processes=2)
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [75, 75], outputs
    assert "The time limit of 0.2 seconds is reached: the run is saved at iteration" in outputs[0]
    first, second = run_program(*command, processes=2)
    assert first.splitlines()[-1] == second.splitlines()[-1]


def test_each_start_makes_a_step() -> None:
    """However short the time is, a run that is started again and again comes to its end."""
    position: dict[str, Any] = {}

    def start() -> Engine[Any, Any]:
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
        limit = TimeLimit(1e-9, lambda engine: position.update(engine.state_dict()))
        trainer.add_event_handler(Events.ITERATION_COMPLETED, limit)
        if position:
            trainer.load_state_dict(position)
        trainer.run([0, 1, 2], max_epochs=2)
        return trainer

    for iteration in range(1, 7):
        with pytest.raises(Departure):
            start()
        assert position["iteration"] == iteration
    assert start().state.epoch == 2


def test_no_time_at_all_is_refused() -> None:
    """The limit is a positive number."""
    with pytest.raises(ValueError, match=r"`limit_sec` should be a positive number of seconds, got 0\."):
        TimeLimit(0)
