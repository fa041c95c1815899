"""When a training stops for want of improvement."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import pytest

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.early_stopping import EarlyStopping


def last_epoch(scores: Sequence[float], patience: int = 2, **options: Any) -> int:
    """The epoch at which a trainer with these scores stops."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    stopping = EarlyStopping(patience, lambda engine: scores[engine.state.epoch - 1], trainer, **options)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, stopping)
    return trainer.run([0], max_epochs=len(scores)).epoch


@pytest.mark.parametrize(
    ("scores", "options", "expected"),
    [
        ([1, 2, 3, 4], {}, 4),
        ([1, 1, 1, 1], {}, 3),
        ([1, 0, 2, 1, 1, 1], {}, 5),
        ([3, 2, 1, 1, 1, 0], {"mode": "min"}, 5),
        ([1.0, 1.4, 1.8, 2.2, 2.6], {"threshold": 0.5}, 3),
        ([1.0, 1.4, 1.8, 2.2, 2.6], {"threshold": 0.5, "cumulative": True}, 5),
        ([10, 10.5, 11, 20], {"threshold": 0.2, "threshold_mode": "rel"}, 3),
        ([-10, -9.5, -9, -5], {"threshold": 0.2, "threshold_mode": "rel"}, 3),
        ([math.nan, 1, math.nan, math.nan, 2], {}, 4),
        ([1, math.nan, 2, math.nan, 3], {}, 5),
    ],
)
def test_it_stops_after_that_many_validations_without_improvement(
    scores: list[float], options: dict[str, Any], expected: int
) -> None:
    """The epoch of the stop is the one counted by hand."""
    assert last_epoch(scores, **options) == expected


def test_a_saved_count_goes_on() -> None:
    """What one handler has borne, another one that loads its state has borne too."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    first = EarlyStopping(3, lambda engine: 1.0, trainer)
    for _ in range(3):
        first(trainer)
    second = EarlyStopping(3, lambda engine: 0.9, trainer)
    second.load_state_dict(first.state_dict())
    assert (second.counter, second.best_score) == (2, 1.0)
    second(trainer)
    assert trainer.should_terminate


def test_a_run_that_was_saved_when_it_had_stopped_goes_no_further() -> None:
    """Resumed from the checkpoint of its last epoch, a stopped run ends at once, unless more patience is given."""
    states: dict[int, Any] = {}
    for patience, expected in ((2, 3), (3, 4)):
        trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
        stopping = EarlyStopping(patience, lambda engine: 1.0, trainer)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, stopping)
        if not states:
            trainer.run([0], max_epochs=9)
            states = {0: trainer.state_dict(), 1: stopping.state_dict()}
        trainer.load_state_dict(states[0])
        stopping.load_state_dict(states[1])
        assert trainer.run([0], max_epochs=9).epoch == expected


def test_a_new_run_counts_from_the_start_and_a_resumed_one_does_not() -> None:
    """Attached by `attach`, a fresh run of the trainer resets it; a run that goes on keeps the count."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    stopping = EarlyStopping(2, lambda engine: 1.0, trainer)
    stopping.attach(evaluator)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    assert trainer.run([0], max_epochs=10).epoch == 3
    resumed: Engine[Any, Any] = Engine(lambda engine, batch: None)
    loaded = EarlyStopping(2, lambda engine: 1.0, resumed)
    loaded.load_state_dict(stopping.state_dict() | {"counter": 1})
    loaded.attach(evaluator)
    resumed.load_state_dict({"epoch_length": 1, "epoch": 5, "iteration": 5, "max_epochs": 10})
    resumed.add_event_handler(Events.EPOCH_COMPLETED, lambda: loaded(evaluator))
    assert resumed.run([0], max_epochs=10).epoch == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "`patience` should be at least 1, got 0."),
        ({"threshold": -1.0}, "`threshold` should not be negative, got -1.0."),
        ({"threshold_mode": "x"}, "`threshold_mode` should be 'abs' or 'rel', got 'x'."),
        ({"mode": "best"}, "`mode` should be 'min' or 'max', got 'best'."),
    ],
)
def test_arguments_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    """Each argument out of its range is told with its value."""
    with pytest.raises(ValueError, match="should") as caught:
        last_epoch([1], **options)
    assert str(caught.value) == message


def test_older_names() -> None:
    """They mean the same as before, and each use says what the attribute is called now."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        options: Any = {"min_delta": 0.5, "min_delta_mode": "rel", "cumulative_delta": True}
        stopping = EarlyStopping(2, lambda engine: 0.0, trainer, **options)
        stopping.min_delta += 0.25
        stopping.min_delta_mode = "abs"
        stopping.cumulative_delta = False
        assert (stopping.min_delta, stopping.min_delta_mode, stopping.cumulative_delta) == (0.75, "abs", False)
    assert (stopping.threshold, stopping.threshold_mode, stopping.cumulative) == (0.75, "abs", False)
    assert [(warning.filename, warning.category) for warning in told] == [(__file__, DeprecationWarning)] * 10
    assert str(told[0].message) == "`min_delta` is an older name of `threshold`."


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"score_function": 0.5}, "`score_function` should be a function of the engine, got 0.5."),
        ({"trainer": "trainer"}, "`trainer` should be an engine, got a str."),
    ],
)
def test_arguments_of_another_kind_are_refused(wrong: dict[str, Any], message: str) -> None:
    """A score that is no function, and a trainer that is no engine."""
    given: dict[str, Any] = {"patience": 1, "score_function": float, "trainer": Engine(lambda engine, batch: None)}
    with pytest.raises(TypeError) as caught:
        EarlyStopping(**given | wrong)
    assert str(caught.value) == message
