"""Handlers that are called as their users' own tests call them: with mocks, and states made by hand."""

import warnings
from unittest.mock import ANY, MagicMock, call

import pytest
import torch
from torch import nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    from ignite import engine as their_engine
    from ignite import handlers as their_handlers
    from ignite.handlers import checkpoint as their_checkpoint
    from ignite.handlers import tensorboard_logger as their_tensorboard

from scaffold_runtime import engine, handlers
from scaffold_runtime.handlers import checkpoint, tensorboard_logger

OURS = (engine, handlers, checkpoint, tensorboard_logger)
THEIRS = (their_engine, their_handlers, their_checkpoint, their_tensorboard)
both = pytest.mark.parametrize("library", [OURS, THEIRS], ids=["ours", "theirs"])


@both
@pytest.mark.parametrize("prefix", ["", "best"])
def test_what_a_save_handler_is_given(library, prefix):
    """The state, the name and three facts; what is outdated is removed."""
    engine, handlers, checkpoint, _ = library
    saver, model = MagicMock(spec=checkpoint.BaseSaveHandler), nn.Linear(1, 1)
    checkpointer = handlers.Checkpoint({"model": model}, save_handler=saver, filename_prefix=prefix)
    trainer = engine.Engine(lambda engine, batch: None)
    name = f"{prefix}_model" if prefix else "model"
    for iteration in (0, 1234):
        trainer.state = engine.State(epoch=12, iteration=iteration)
        checkpointer(trainer)
        facts = {"basename": name, "score_name": None, "priority": iteration}
        saver.assert_called_with(ANY, f"{name}_{iteration}.pt", facts)
        assert list(saver.call_args.args[0]) == ["weight", "bias"]
    saver.remove.assert_called_once_with(f"{name}_0.pt")
    assert checkpointer.last_checkpoint == f"{name}_1234.pt"


@both
def test_scores_of_a_state(library):
    """Objects together, a score of an attribute of the state, a global step of its own, and the checkpointer itself."""
    engine, handlers, checkpoint, _ = library
    saver, model = MagicMock(spec=checkpoint.BaseSaveHandler), nn.Linear(1, 1)
    checkpointer = handlers.Checkpoint(
        {"model": model, "again": model},
        save_handler=saver,
        score_name="loss",
        score_function=lambda engine: engine.state.score,
        global_step_transform=lambda engine, event: engine.state.epoch,
        include_self=True,
    )
    trainer = engine.Engine(lambda engine, batch: None)
    for epoch, score in ((1, -0.77), (2, -0.9), (3, -0.5)):
        trainer.state = engine.State(epoch=epoch, iteration=epoch * 7, score=score)
        checkpointer(trainer)
    facts = [dict(each.args[2]) for each in saver.call_args_list]
    names = ["checkpoint_1_loss=-0.7700.pt", "checkpoint_3_loss=-0.5000.pt"]
    assert [each.args[1] for each in saver.call_args_list] == names
    assert facts == [{"basename": "checkpoint", "score_name": "loss", "priority": score} for score in (-0.77, -0.5)]
    saved = saver.call_args.args[0]
    assert sorted(saved) == ["again", "checkpointer", "model"]
    assert dict(saved["checkpointer"]) == {"_saved": [(-0.5, names[1])]}


@both
@pytest.mark.parametrize("event", ["ITERATION_STARTED", "EPOCH_COMPLETED"])
def test_a_logger_with_a_state(library, event):
    """Values and parameters are written at the step that the state says."""
    engine, _, _, tensorboard = library
    logger, trainer = MagicMock(spec=tensorboard.TensorboardLogger), MagicMock()
    logger.writer = MagicMock()
    metrics = {"a": 12.25, "b": torch.tensor(23.5), "c": torch.tensor([1.0, 2.0])}
    trainer.state = engine.State(epoch=2, iteration=123, metrics=metrics, output=4.5, alpha=0.5)
    step = 123 if event == "ITERATION_STARTED" else 2
    output = tensorboard.OutputHandler(
        "tag", metric_names="all", output_transform=lambda output: {"loss": output}, state_attributes=["alpha"]
    )
    output(trainer, logger, getattr(engine.Events, event))
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.25)
    tensorboard.OptimizerParamsHandler(optimizer, tag="sgd")(trainer, logger, getattr(engine.Events, event))
    written = {"a": 12.25, "b": 23.5, "c/0": 1.0, "c/1": 2.0, "loss": 4.5, "alpha": 0.5}
    calls = [call(f"tag/{name}", value, step) for name, value in written.items()]
    assert logger.writer.add_scalar.call_args_list == [*calls, call("sgd/lr/group_0", 0.25, step)]


@both
@pytest.mark.parametrize("tag", [None, "net"])
def test_weights_with_a_state(library, tag):
    """Norms and histograms of weights and gradients."""
    engine, _, _, tensorboard = library
    logger, trainer, model = MagicMock(spec=tensorboard.TensorboardLogger), MagicMock(), nn.Sequential(nn.Linear(2, 1))
    logger.writer = MagicMock()
    trainer.state = engine.State(epoch=5)
    nn.init.constant_(model[0].weight, 3.0)
    model[0].weight.grad = torch.full((1, 2), 4.0)
    kinds = ("WeightsScalarHandler", "GradsScalarHandler", "WeightsHistHandler", "GradsHistHandler")
    for kind in kinds:
        handler = getattr(tensorboard, kind)(model, tag=tag, whitelist=["0.weight"])
        handler(trainer, logger, engine.Events.EPOCH_STARTED)
    first = f"{tag}/" if tag else ""
    norms = [(f"{first}weights_norm/0/weight", 18**0.5, 5), (f"{first}grads_norm/0/weight", 32**0.5, 5)]
    for found, expected in zip(logger.writer.add_scalar.call_args_list, norms, strict=True):
        assert (found.args[0], float(found.args[1]), found.args[2]) == pytest.approx(expected)
    assert logger.writer.add_histogram.call_args_list == [
        call(tag=f"{first}{kind}/0/weight", values=ANY, global_step=5) for kind in ("weights", "grads")
    ]
    assert logger.writer.add_histogram.call_args.kwargs["values"].tolist() == [[4.0, 4.0]]


@both
def test_a_filter_is_asked_by_hand(library):
    """The filter of an event says of any count whether it is meant."""
    events = library[0].Events
    asked = {
        "every": events.ITERATION_STARTED(every=3),
        "once": events.ITERATION_STARTED(once=[2, 5]),
        "bounds": events.ITERATION_STARTED(after=2, before=5),
        "all": events.ITERATION_STARTED(every=2, after=1, before=7),
        "own": events.ITERATION_STARTED(lambda engine, count: count > 6),
    }
    meant = {name: [count for count in range(1, 9) if event.filter(None, count)] for name, event in asked.items()}
    assert meant == {"every": [3, 6], "once": [2, 5], "bounds": [3, 4], "all": [2, 4, 6], "own": [7, 8]}


@both
def test_stopping_by_hand(library):
    """Handlers that stop a trainer look at what its state has."""
    engine, handlers, _, _ = library
    trainer = engine.Engine(lambda engine, batch: None)
    scores = iter([1.0, 0.8, 1.2, 0.9, 1.1])
    stopping = handlers.EarlyStopping(patience=2, score_function=lambda engine: next(scores), trainer=trainer)
    stopped = []
    for _ in range(5):
        stopping(None)
        stopped.append(bool(trainer.should_terminate))
    assert stopped == [False, False, False, False, True]
    for output, is_nan in ((1.0, False), (torch.tensor(float("nan")), True), ((1.0, [float("inf")]), True)):
        trainer = engine.Engine(lambda engine, batch: None)
        trainer.state.output = output
        handlers.TerminateOnNan()(trainer)
        assert bool(trainer.should_terminate) is is_nan
