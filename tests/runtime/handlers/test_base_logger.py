"""Collecting values from engines, and attaching what writes them."""

from __future__ import annotations

from typing import Any, cast

import pytest
import torch
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.base_logger import (
    BaseLogger,
    BaseOptimizerParamsHandler,
    BaseOutputHandler,
    BaseWeightsHandler,
    BaseWeightsScalarHandler,
    flat_numbers,
)
from scaffold_runtime.handlers.checkpoint import CheckpointEvents


class OutputHandler(BaseOutputHandler):
    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Notes the values."""
        logger.written.append((event_name, self.global_step_transform(engine, event_name), self.values(engine)))


class OptimizerHandler(BaseOptimizerParamsHandler):
    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Notes the values."""
        logger.written.append(self.values())


class Weights(BaseWeightsScalarHandler):
    def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
        """Notes nothing."""


class ListLogger(BaseLogger):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[Any] = []

    def _create_output_handler(self, *args: Any, **kwargs: Any) -> OutputHandler:
        return OutputHandler(*args, **kwargs)

    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> OptimizerHandler:
        return OptimizerHandler(*args, **kwargs)


def engine_with(**metrics: Any) -> Engine[Any, Any]:
    """An engine that has these metrics."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: batch)
    engine.state.metrics.update(metrics)
    return engine


def test_outputs_metrics_and_attributes_are_collected() -> None:
    """Each of the three kinds comes under the tag, at the count of the event."""
    engine, logger = engine_with(accuracy=0.5, other=1), ListLogger()
    logger.attach_output_handler(
        engine,
        Events.ITERATION_COMPLETED(every=2),
        tag="training",
        metric_names=["accuracy"],
        output_transform=lambda output: {"loss": output},
        state_attributes=["epoch"],
    )
    engine.run([1.0, torch.tensor(2.0), 3.0, 4.0])
    assert [(step, values) for _, step, values in logger.written] == [
        (2, {"training/accuracy": 0.5, "training/loss": 2.0, "training/epoch": 1}),
        (4, {"training/accuracy": 0.5, "training/loss": 4.0, "training/epoch": 1}),
    ]


def test_several_events_are_told_apart() -> None:
    """A handler on several events is told which it is, and one handle takes it off all of them."""
    engine, logger = engine_with(accuracy=0.5), ListLogger()
    both = Events.EPOCH_COMPLETED | Events.COMPLETED
    handle = logger.attach_output_handler(engine, both, tag="", metric_names="all")
    engine.run([0])
    assert [event for event, _, _ in logger.written] == [Events.EPOCH_COMPLETED, Events.COMPLETED]
    handle.remove()
    engine.run([0])
    assert len(logger.written) == 2


def test_parameters_of_the_optimizer_are_collected() -> None:
    """Each group has its own name."""
    engine, logger = engine_with(), ListLogger()
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.2}]
    logger.attach_opt_params_handler(engine, Events.STARTED, torch.optim.SGD(groups), tag="generator")
    engine.run([0])
    assert logger.written == [{"generator/lr/group_0": 0.1, "generator/lr/group_1": 0.2}]


def test_a_missing_metric_is_a_warning_with_those_there_are() -> None:
    """Logging goes on without a metric that is not there."""
    engine = engine_with(accuracy=0.5)
    with pytest.warns(UserWarning, match="There is no metric 'acuracy' to log; the engine has accuracy"):
        assert OutputHandler("", ["acuracy", "accuracy"]).values(engine) == {"accuracy": 0.5}


def test_what_is_no_number_is_a_warning() -> None:
    """A matrix and an object are left out, with their names."""
    with pytest.warns(UserWarning, match="cannot be logged as numbers") as caught:
        assert flat_numbers({"matrix": torch.zeros(2, 2), "object": object(), "one": 1}) == {"one": 1}
    assert [str(entry.message) for entry in caught] == [
        "'matrix' is of shape (2, 2) and cannot be logged as numbers.",
        "'object' is of type object and cannot be logged as numbers.",
    ]


def test_text_is_a_value_where_it_is_asked_for() -> None:
    """A progress bar shows words, a curve does not."""
    assert flat_numbers({"phase": "warmup"}, log_text=True) == {"phase": "warmup"}
    with pytest.warns(UserWarning, match="'phase' is of type str"):
        assert flat_numbers({"phase": "warmup"}) == {}


def test_whole_numbers_stay_whole() -> None:
    """Reading tensors of several types together changes none of them."""
    values = {"a": torch.tensor(2**53 + 1), "b": torch.tensor(0.1, dtype=torch.float64), "c": torch.tensor(True)}
    assert flat_numbers(values) == {"a": 2**53 + 1, "b": 0.1, "c": True}


def test_weights_are_chosen_by_prefix_or_function() -> None:
    """The whitelist is a list of beginnings, or a function of name and parameter."""

    class Chosen(BaseWeightsHandler):
        def __call__(self, engine: Engine[Any, Any], logger: Any, event_name: Any) -> None:
            """Notes nothing."""

    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1, bias=False))
    assert [name for name, _ in Chosen(model).weights] == ["0.weight", "0.bias", "1.weight"]
    assert [name for name, _ in Chosen(model, whitelist=["1"]).weights] == ["1.weight"]
    assert [name for name, _ in Chosen(model, whitelist=lambda name, weight: weight.ndim == 1).weights] == ["0.bias"]
    assert Chosen(model, tag="net").name_of("weights", "0.bias") == "net/weights/0/bias"


def test_arguments_that_cannot_be_logged_are_refused() -> None:
    """Each wrong argument is told in a sentence."""
    with pytest.raises(TypeError, match=r"`metric_names` should be a list or 'all', got 'accuracy'\."):
        OutputHandler("tag", "accuracy")
    with pytest.raises(ValueError, match="There is nothing to log"):
        OutputHandler("tag")
    with pytest.raises(TypeError, match=r"`output_transform` should be a function, got 3\."):
        OutputHandler("tag", output_transform=cast(Any, 3))
    with pytest.raises(TypeError, match=r"`global_step_transform` should be a function, got 3\."):
        OutputHandler("tag", "all", global_step_transform=cast(Any, 3))
    with pytest.raises(TypeError, match=r"`model` should be a module of torch, got a NoneType\."):
        Weights(cast(Any, None))
    wrong: Any = nn.Linear(1, 1)
    with pytest.raises(TypeError, match=r"`optimizer` should have parameter groups; got a Linear\."):
        OptimizerHandler(wrong)
    with pytest.raises(TypeError, match=r"`reduction` should give a number for a tensor; it gives a Tensor\."):
        Weights(nn.Linear(1, 1), lambda tensor: tensor)


def test_an_event_that_is_never_fired_is_refused() -> None:
    """Nothing would ever be logged; of several events none is attached then."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    calls: list[Any] = []
    events: Any = Events.STARTED | CheckpointEvents.SAVED_CHECKPOINT(every=2)
    with pytest.raises(RuntimeError) as caught:
        ListLogger().attach(engine, lambda *given: calls.append(given), events)
    message = f"There is no event {events[1]!r} on this engine: it has to be registered first."
    assert str(caught.value) == message
    engine.run([0])
    assert calls == []
    engine.register_events(*CheckpointEvents)
    ListLogger().attach(engine, lambda *given: calls.append(given), events)
    engine.run([0])
    assert len(calls) == 1
