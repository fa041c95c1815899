"""A validation before the training."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from scaffold_runtime.engine import Engine, Events, create_supervised_evaluator
from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.handlers import SanityCheck
from scaffold_runtime.metrics import Loss, Metric


def parts(check, fails=False):
    """A trainer that draws, a validation, and what was drawn and evaluated."""
    torch.manual_seed(0)
    drawn, scores = [], []
    trainer = Engine(lambda engine, batch: drawn.append((batch.tolist(), torch.rand(1).item())))
    model = nn.Linear(1, 1)
    evaluator = create_supervised_evaluator(model, {"loss": Loss(nn.functional.mse_loss)})
    evaluator.add_event_handler(Events.COMPLETED, lambda engine: scores.append(engine.state.metrics["loss"]))
    data = DataLoader([(torch.ones(1), torch.zeros(1))] * 6, batch_size=2, shuffle=True)
    if fails:
        evaluator.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: 1 / 0)
    if check:
        SanityCheck(evaluator, data).attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run(data))
    return trainer, evaluator, DataLoader(torch.arange(4.0), shuffle=True), drawn, scores


def test_a_training_after_it_is_one_without_it():
    """Samples and random numbers come as without it, and what listens to validations hears of real ones only."""
    found = []
    for check in (False, True):
        trainer, evaluator, data, drawn, scores = parts(check)
        trainer.run(data, max_epochs=2)
        found.append((drawn, scores, evaluator.state.iteration, evaluator.state.epoch))
    assert found[0] == found[1]
    assert len(found[0][1]) == 2


def test_errors_come_before_the_training():
    """What would fail in a validation fails before the first step, also at its end."""
    trainer, _, data, drawn, _ = parts(True, fails=True)
    with pytest.raises(ZeroDivisionError):
        trainer.run(data)
    assert drawn == []


def test_a_run_that_goes_on_is_not_checked():
    """It has been, when it was new."""
    trainer, evaluator, data, _, _ = parts(True)
    trainer.load_state_dict({"epoch_length": 4, "iteration": 4, "max_epochs": 2})
    runs = []
    evaluator.add_event_handler(Events.STARTED, lambda: runs.append(trainer.state.iteration))
    trainer.run(data)
    assert runs == [8]


class Never(Metric):
    """A metric that few samples are not enough for."""

    def reset(self):
        """Nothing to forget."""

    def update(self, output):
        """Nothing to learn."""

    def compute(self):
        """Says so."""
        raise NotComputableError("`Never` needs more samples.")


def test_too_few_samples_are_a_warning():
    """A metric that cannot be computed of so few is no reason not to train."""
    evaluator, trainer = Engine(lambda engine, batch: (batch, batch)), Engine(lambda engine, batch: None)
    Never().attach(evaluator, "never")
    SanityCheck(evaluator, [torch.zeros(1)]).attach(trainer)
    with pytest.warns(UserWarning, match=r"^1 batches are too few to compute all metrics: `Never` needs more samples"):
        assert trainer.run([0]).iteration == 1
    with pytest.raises(ValueError, match=r"^`num_batches` should be at least 1, got 0"):
        SanityCheck(evaluator, [1], 0)
