"""How large gradients are, and may be."""

import pytest
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from scaffold_runtime.engine import Engine, Events, create_supervised_trainer
from scaffold_runtime.handlers import GradientNorms


def training(max_norm=None, **options):
    """A weight whose gradient is the mean of the batch's inputs, its trainer and its norms."""
    model = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    trainer = create_supervised_trainer(model, optimizer, lambda y_pred, y: y_pred.mean(), **options)
    norms = GradientNorms(model, optimizer, max_norm=max_norm)
    norms.attach(trainer)
    return model, trainer, norms


def batches(*values):
    """A batch for each value."""
    return [(torch.full((2, 1), value), torch.zeros(2, 1)) for value in values]


def test_mean_and_largest_of_an_epoch():
    """By hand: 1, 3 and 8 have the mean 4; the next epoch begins anew."""
    _, trainer, _ = training()
    told = []
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: told.append(dict(trainer.state.metrics)), priority=100)
    trainer.run(batches(1.0, 3.0, 8.0), max_epochs=2)
    assert told == [{"gradient_norm": 4.0, "gradient_norm_max": 8.0}] * 2


def test_what_is_too_large_is_scaled_down():
    """The weight moves by the largest norm at most, and the metrics tell what the norms were before."""
    model, trainer, _ = training(max_norm=2.0)
    before = model.weight.item()
    metrics = trainer.run(batches(1.0, 4.0)).metrics
    assert model.weight.item() == pytest.approx(before - 3.0)
    assert metrics == {"gradient_norm": 2.5, "gradient_norm_max": 4.0, "clipped": 0.5}


def test_looking_changes_no_gradient():
    """Without a bound the step is the one without it, also where the norm is infinite: only that weight is lost."""
    weights = []
    for looks in (False, True):
        model = nn.Linear(2, 1, bias=False)
        nn.init.ones_(model.weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        trainer = Engine(lambda engine, batch: None)
        norms = GradientNorms(model, optimizer)
        if looks:
            norms.attach(trainer)
        model.weight.grad = torch.tensor([[torch.inf, 0.25]])
        optimizer.step()
        weights.append(model.weight.tolist())
    assert weights == [[[-torch.inf, 0.75]]] * 2
    assert norms.state_dict()["seen"].tolist() == [torch.inf, torch.inf, 0.0, 1.0]


def test_a_window_is_one_step():
    """Of accumulated gradients the mean counts, once; the short window at the end as well."""
    _, trainer, _ = training(gradient_accumulation_steps=2)
    assert trainer.run(batches(1.0, 3.0, 5.0)).metrics == {"gradient_norm": 3.5, "gradient_norm_max": 5.0}


def test_scaled_gradients_are_measured_as_they_are():
    """The scale of fp16 is taken off first, and steps that it skips are none."""
    scaler = GradScaler("cpu", init_scale=2.0**18, growth_interval=1000)
    _, trainer, norms = training(amp_mode="amp", amp_dtype=torch.float16, scaler=scaler)
    metrics = trainer.run(batches(*[4.0] * 12)).metrics
    assert metrics["gradient_norm"] == pytest.approx(4.0, rel=1e-3)
    assert 0 < norms.state_dict()["seen"][3] < 12


@pytest.mark.parametrize("left_at", [1, 2, 3])
def test_an_epoch_that_goes_on(left_at, tmp_path):
    """Saved to a file in the middle of an epoch and loaded, it tells of the whole epoch."""
    _, trainer, norms = training(max_norm=2.0)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=left_at), trainer.terminate)
    trainer.run(batches(1.0, 3.0, 8.0), max_epochs=1)
    torch.save({"trainer": trainer.state_dict(), "norms": norms.state_dict()}, tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    _, goes_on, loaded = training(max_norm=2.0)
    goes_on.load_state_dict(state["trainer"])
    loaded.load_state_dict(state["norms"])
    metrics = goes_on.run(batches(1.0, 3.0, 8.0)).metrics
    assert metrics == {"gradient_norm": 4.0, "gradient_norm_max": 8.0, "clipped": pytest.approx(2 / 3)}


def test_an_optimizer_that_outlives_it():
    """Once trainer and handler are gone, the optimizer's steps are its own."""
    model = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    trainer = Engine(lambda engine, batch: None)
    GradientNorms(model, optimizer, max_norm=0.5).attach(trainer)
    model.weight.grad = torch.full((1, 1), 8.0)
    del trainer
    before = model.weight.item()
    optimizer.step()
    assert model.weight.item() == pytest.approx(before - 8.0)


def test_no_step_has_no_norm():
    """An epoch without a step of the optimizer, or a step without gradients, says nothing of a size."""
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    trainer = Engine(lambda engine, batch: optimizer.step() if batch else None)
    GradientNorms(model, optimizer).attach(trainer)
    assert trainer.run([0]).metrics == {}
    trainer.state.max_epochs = None
    assert trainer.run([1]).metrics == {"gradient_norm": 0.0, "gradient_norm_max": 0.0}
    trainer.state.max_epochs = None
    assert trainer.run([0]).metrics == {}


@pytest.mark.parametrize("max_norm", [0.0, -1.0, float("nan")])
def test_a_bound_that_is_none(max_norm):
    """It is told in a sentence."""
    with pytest.raises(ValueError, match=r"^`max_norm` should be above 0, got"):
        training(max_norm)
