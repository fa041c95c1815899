"""Gradient accumulation among processes, and windows of a run that was resumed."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from tests.warm_python import run
from torch import nn

from scaffold_runtime.engine import Events, create_supervised_trainer

PROGRAM = Path(__file__).parent / "accumulate_on_two.py"
RUNTIME = Path(__file__).parents[3] / "runtime"


def test_among_processes():
    """All processes step with the mean gradient of a window, also where its end could not be foreseen.

    Batch k has the gradient k on one process and 2k on the other. Batches 1 to 4 share a step, 5 has its own;
    cut after the second, 1 and 2 share one.
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
    done = run([sys.executable, str(PROGRAM)], kept | {"PYTHONPATH": str(RUNTIME), "OMP_NUM_THREADS": "1"})
    whole, cut = 1 - 1.5 * (1 + 2 + 3 + 4) / 4 - 1.5 * 5, 1 - 1.5 * (1 + 2) / 2
    expected = {"known": whole, "unknown": whole, "cut": cut}
    assert sorted(done.stdout.splitlines()) == sorted(
        f"rank {rank}, {name}: {weight:.4f}" for rank in (0, 1) for name, weight in expected.items()
    ), done.stderr


def trainer_of(weight):
    """A trainer whose gradient in the weight is the batch; four batches share a step."""
    optimizer = torch.optim.SGD([weight], lr=1.0)
    model = nn.Module()
    model.weight = weight
    return create_supervised_trainer(
        model,
        optimizer,
        lambda y_pred, y: y_pred,
        prepare_batch=lambda batch, device, non_blocking: (batch, None),
        model_fn=lambda model, x: model.weight * x,
        gradient_accumulation_steps=4,
    )


@pytest.mark.parametrize("done", [1, 2, 3])
def test_resumed_in_a_new_process(done):
    """A run resumed within a window steps where that window would have ended, with the mean of what is left of it."""
    batches, weight = [1.0, 2.0, 3.0, 4.0, 5.0], nn.Parameter(torch.zeros(()))
    first = trainer_of(nn.Parameter(torch.zeros(())))
    first.add_event_handler(Events.ITERATION_COMPLETED(once=done), first.terminate)
    first.run(batches, max_epochs=1)
    second, seen = trainer_of(weight), []
    second.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(weight.item()))
    second.load_state_dict(first.state_dict())
    second.run(batches)
    left = batches[done:4]
    mean = sum(left) / len(left)
    assert seen == pytest.approx([0.0] * (len(left) - 1) + [-mean, -mean - 5.0])


def test_step_that_is_done_again():
    """A step that failed after others of its window counts once when it is done again."""
    weight = nn.Parameter(torch.zeros(()))
    trainer = trainer_of(weight)
    failures = [True]

    @trainer.on(Events.ITERATION_STARTED(once=3))
    def fail():
        if failures:
            failures.pop()
            raise OSError

    batches = [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(OSError):  # noqa: PT011  # it says nothing
        trainer.run(batches, max_epochs=1)
    trainer.run(batches, max_epochs=1)
    assert weight.item() == pytest.approx(-2.5)


@pytest.mark.parametrize(("data", "held_back"), [(list, [1, 2, 3]), (iter, [])])
def test_gradients_are_held_back_where_the_end_is_known(data, held_back):
    """All batches of a window but its last stay on this process, unless the data may end before that last one."""
    model, batches = nn.Linear(1, 1), []

    @contextmanager
    def no_sync():
        batches.append(trainer.state.iteration)
        yield

    model.no_sync = no_sync
    trainer = create_supervised_trainer(
        model,
        torch.optim.SGD(model.parameters(), lr=1.0),
        nn.functional.mse_loss,
        gradient_accumulation_steps=4,
    )
    trainer.run(data([(torch.ones(2, 1), torch.ones(2, 1))] * 5), max_epochs=1)
    assert batches == held_back
