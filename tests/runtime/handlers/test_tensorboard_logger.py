"""What TensorBoard's own reader finds in the files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch
from torch import nn

from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers import tensorboard_logger
from scaffold_runtime.handlers.base_logger import BaseHandler
from scaffold_runtime.handlers.tensorboard_logger import (
    GradsHistHandler,
    GradsScalarHandler,
    OptimizerParamsHandler,
    OutputHandler,
    TensorboardLogger,
    WeightsHistHandler,
    WeightsScalarHandler,
    setup_tb_logging,
)


def read(folder: Path) -> tuple[dict[str, list[tuple[int, float]]], list[str]]:
    """All curves with their points, and the names of all histograms."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    curves = {tag: [(point.step, point.value) for point in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    return curves, sorted(events.Tags()["histograms"])


def test_the_usual_curves(tmp_path: Path) -> None:
    """`setup_tb_logging` writes loss, learning rate and validation metrics where one looks for them."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: torch.tensor(float(batch)))
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    evaluator.state.metrics["accuracy"] = 0.75
    setup_tb_logging(str(tmp_path), trainer, optimizer, {"val": evaluator}, log_every_iters=2)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    trainer.run([1, 2, 3, 4], max_epochs=2)
    assert read(tmp_path)[0] == {
        "training/output": [(2, 2.0), (4, 4.0), (6, 2.0), (8, 4.0)],
        "lr/group_0": [(2, 0.5), (4, 0.5), (6, 0.5), (8, 0.5)],
        "val/accuracy": [(1, 0.75), (2, 0.75)],
    }


def test_weights_and_gradients(tmp_path: Path) -> None:
    """Norms and histograms of weights and of the gradients that there are."""
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 3.0)
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    with TensorboardLogger(log_dir=str(tmp_path)) as logger:
        for handler in (WeightsScalarHandler, GradsScalarHandler, WeightsHistHandler, GradsHistHandler):
            logger.attach(engine, handler(model, tag="net"), Events.COMPLETED)
        model.weight.grad = torch.full((1, 2), 4.0)
        engine.run([0])
    curves, histograms = read(tmp_path)
    assert curves["net/weights_norm/weight"] == [(1, pytest.approx(18**0.5))]
    assert curves["net/grads_norm/weight"] == [(1, pytest.approx(32**0.5))]
    assert "net/grads_norm/bias" not in curves
    assert histograms == ["net/grads/weight", "net/weights/bias", "net/weights/weight"]


def test_one_process_writes(tmp_path: Path, run_program: Callable[..., list[str]]) -> None:
    """Of two processes only the first makes a file."""
    run_program("tensorboard_on_two_ranks.py", tmp_path, processes=2)
    assert len(list(tmp_path.iterdir())) == 1
    assert read(tmp_path)[0] == {"training/output": [(2, 0.0), (4, 0.0)]}


def test_without_values_there_is_no_file(tmp_path: Path) -> None:
    """A logger that is never written to leaves nothing."""
    TensorboardLogger(log_dir=str(tmp_path)).close()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tensorboard is not installed, the error names the package."""
    monkeypatch.setattr(tensorboard_logger, "find_spec", lambda name: None)  # it cannot be uninstalled here
    with pytest.raises(ModuleNotFoundError) as caught:
        TensorboardLogger()
    assert str(caught.value) == (
        "`TensorboardLogger` needs the package `tensorboard`, which is not installed: `pip install tensorboard`."
    )


def test_the_writer_is_that_of_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package for TensorBoard's files is passed over."""
    from torch.utils.tensorboard.writer import SummaryWriter

    monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=dict))
    logger = TensorboardLogger(log_dir=str(tmp_path))
    assert type(logger.writer) is SummaryWriter
    logger.close()


def test_a_mocked_optimizer() -> None:
    """One that passes for an optimizer of torch is taken, though it has no groups."""
    optimizer = MagicMock(spec=torch.optim.Optimizer)
    assert OptimizerParamsHandler(optimizer).optimizer is optimizer


def test_what_else_the_writer_can() -> None:
    """Calls that are not the logger's own go to its writer."""
    logger = TensorboardLogger()
    calls: list[Any] = []
    vars(logger)["writer"] = SimpleNamespace(add_text=lambda *given: calls.append(given))
    logger.add_text("note", "begins", 3)
    assert calls == [("note", "begins", 3)]
    with pytest.raises(AttributeError, match="add_song"):
        logger.add_song("no")
    with pytest.raises(AttributeError, match="'TensorboardLogger' object has no attribute '_private'"):
        _ = logger._private  # pyright: ignore[reportPrivateUsage]


HANDLERS: dict[str, Callable[[], BaseHandler]] = {
    "OutputHandler": lambda: OutputHandler("tag", metric_names="all"),
    "OptimizerParamsHandler": lambda: OptimizerParamsHandler(torch.optim.SGD([torch.zeros(1)], lr=1.0)),
    "WeightsScalarHandler": lambda: WeightsScalarHandler(nn.Linear(1, 1)),
    "WeightsHistHandler": lambda: WeightsHistHandler(nn.Linear(1, 1)),
    "GradsScalarHandler": lambda: GradsScalarHandler(nn.Linear(1, 1)),
    "GradsHistHandler": lambda: GradsHistHandler(nn.Linear(1, 1)),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_another_logger_is_refused(name: str) -> None:
    """A handler writes to the logger that it is of."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    with pytest.raises(RuntimeError) as caught:
        HANDLERS[name]()(engine, "a logger", Events.STARTED)  # pyright: ignore[reportArgumentType]
    expected = f"This `{name}` writes to a `TensorboardLogger`, and was attached to a `str`, whose handlers are others."
    assert str(caught.value) == expected


@pytest.mark.parametrize("step", [None, "3", 1.5])
def test_a_step_that_is_none(step: Any) -> None:
    """A global step is a whole number, or nobody finds the point."""
    engine: Engine[Any, Any] = Engine(lambda engine, batch: None)
    handler = OutputHandler("tag", metric_names="all", global_step_transform=lambda engine, event: step)
    with pytest.raises(TypeError) as caught:
        handler(engine, TensorboardLogger(), Events.STARTED)
    assert str(caught.value) == f"`global_step_transform` should give a whole number, got {step!r}."


def test_some_metrics(tmp_path: Path) -> None:
    """`setup_tb_logging` writes the metrics that are asked for."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    evaluator: Engine[Any, Any] = Engine(lambda engine, batch: None)
    for engine in (trainer, evaluator):
        engine.state.metrics.update(loss=0.5, accuracy=0.75)
    names: dict[str, Any] = {"trainer_metric_names": ["loss"], "evaluator_metric_names": ["accuracy"]}
    setup_tb_logging(str(tmp_path), trainer, evaluators=evaluator, log_every_iters=1, **names)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run([0]))
    trainer.run([0])
    assert sorted(read(tmp_path)[0]) == ["training/loss", "validation/accuracy"]


@pytest.mark.parametrize("name", ["optimizers", "evaluators"])
def test_what_is_neither_one_nor_several_is_refused(tmp_path: Path, name: str) -> None:
    """It is told before there is a logger."""
    trainer: Engine[Any, Any] = Engine(lambda engine, batch: None)
    wrong: Any = {name: 3}
    with pytest.raises(TypeError) as caught:
        setup_tb_logging(str(tmp_path), trainer, **wrong)
    assert str(caught.value) == f"`{name}` should be one, or several by name; got 3."
