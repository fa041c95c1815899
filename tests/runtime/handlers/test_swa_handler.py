"""The mean of a training's last weights."""

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import SWAHandler


def network():
    """One with a buffer that moves."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def trainer_of(model, start_epoch, terminate_at=None):
    """A trainer that moves all weights, with the handler."""

    def step(engine, batch):
        draw = torch.Generator().manual_seed(engine.state.iteration)
        model(torch.randn(4, 2, generator=draw))
        with torch.no_grad():
            for weight in model.parameters():
                weight += torch.randn(weight.shape, generator=draw)

    trainer, swa = Engine(step), SWAHandler(model, start_epoch)
    swa.attach(trainer)
    if terminate_at is not None:
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=terminate_at), trainer.terminate)
    return trainer, swa


def equal(one, other):
    """Two networks have the same state."""
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def test_it_is_the_mean_that_torch_computes():
    """From the third of five epochs on, weights and buffers are those of torch's own averaging."""
    model = network()
    reference = AveragedModel(model, use_buffers=True)
    trainer, swa = trainer_of(model, 3)
    trainer.add_event_handler(Events.EPOCH_COMPLETED(after=2), lambda: reference.update_parameters(model))
    trainer.run([0, 0], max_epochs=5)
    assert equal(swa.swa_model, reference.module)
    assert swa.num_averaged == 3


def test_before_it_begins_it_is_the_model():
    """A validation after an epoch sees the model as that epoch left it, and not its memory."""
    model = network()
    trainer, swa = trainer_of(model, 9)
    seen = []
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: seen.append(equal(swa.swa_model, model)))
    trainer.run([0, 0], max_epochs=3)
    assert seen == [True] * 3
    assert swa.num_averaged == 0
    pointers = {tensor.data_ptr() for tensor in model.state_dict().values()}
    assert not pointers & {tensor.data_ptr() for tensor in swa.swa_model.state_dict().values()}
    assert not any(weight.requires_grad for weight in swa.swa_model.parameters())


@pytest.mark.parametrize("left_at", [1, 2, 4, 5, 7])
def test_it_goes_on(left_at, tmp_path):
    """Saved anywhere and loaded from the file, the mean is that of a run that was left alone."""
    whole, mean = trainer_of(network(), 2)
    whole.run([0, 0], max_epochs=4)
    model = network()
    trainer, swa = trainer_of(model, 2, left_at)
    trainer.run([0, 0], max_epochs=4)
    state = {"trainer": trainer.state_dict(), "model": model.state_dict(), "swa": swa.state_dict()}
    torch.save(state, tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    model = network()
    goes_on, loaded = trainer_of(model, 2)
    for name, part in (("trainer", goes_on), ("model", model), ("swa", loaded)):
        part.load_state_dict(state[name])
    goes_on.run([0, 0])
    assert equal(loaded.swa_model, mean.swa_model)
    assert loaded.num_averaged == 3


def test_a_validation_that_is_left_counts_once():
    """A run that is left while it validates, and goes on there, has the epoch's weights in the mean once."""
    model = network()
    trainer, swa = trainer_of(model, 1)
    handle = trainer.add_event_handler(Events.EPOCH_COMPLETED(once=2), lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trainer.run([0, 0], max_epochs=3)
    handle.remove()
    state = trainer.state_dict()
    trainer.load_state_dict(state)
    trainer.run([0, 0])
    assert swa.num_averaged == 3


def test_an_epoch_that_is_none():
    """It is told in a sentence."""
    with pytest.raises(ValueError, match=r"^`start_epoch` should be an epoch, counted from 1; got 0"):
        SWAHandler(network(), 0)
