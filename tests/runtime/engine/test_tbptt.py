"""Truncated back-propagation through time; reference values are worked out by hand on a model of one weight."""

import pytest
import torch
from torch import nn

from scaffold_runtime.engine.tbptt import Tbptt_Events, create_supervised_tbptt_trainer


class Accumulator(nn.Module):
    """`h_t = h_{t-1} + weight * x_t`; predicts h at each time."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.given = []

    def forward(self, x, hidden=None):
        """Notes the hidden state that it is given."""
        self.given.append(None if hidden is None else (hidden[0].item(), hidden[0].requires_grad))
        steps = torch.cumsum(self.weight * x, 0) + (0.0 if hidden is None else hidden[0])
        return steps, (steps[-1], {"unused": "word"})


def difference(y_pred, y):
    """A loss whose gradient is that of the mean prediction."""
    return (y_pred - y).mean()


@pytest.fixture
def model():
    """A model with weight 1."""
    return Accumulator()


def test_pieces(model):
    """Each piece is a step of its own: the hidden state goes on, its gradient does not."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = create_supervised_tbptt_trainer(model, optimizer, difference, tbtt_step=2)
    losses = []
    trainer.add_event_handler(Tbptt_Events.TIME_ITERATION_COMPLETED, lambda: losses.append(trainer.state.output.item()))
    state = trainer.run([(torch.ones(3), torch.zeros(3))])
    # First piece: predictions 1, 2; gradient (1 + 2) / 2. Second: hidden 2, weight 0.85; gradient 1, not 3.
    assert losses == pytest.approx([1.5, 2.85])
    assert model.weight.item() == pytest.approx(1 - 0.15 - 0.1)
    assert model.given == [None, (2.0, False)]
    assert state.output.item() == pytest.approx((2 * 1.5 + 2.85) / 3)
    assert not state.output.requires_grad


def test_time_on_another_axis(model):
    """Sequences are cut along `dim`, and each starts without a hidden state."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    trainer = create_supervised_tbptt_trainer(
        model,
        optimizer,
        lambda y_pred, y: y_pred.sum(),
        tbtt_step=2,
        dim=1,
        prepare_batch=lambda batch, device, non_blocking: (batch["x"], batch["x"]),
    )
    fired = []
    for event in Tbptt_Events:
        trainer.add_event_handler(event, lambda engine: fired.append(engine.last_event_name.name))
    model.forward = lambda x, hidden=None: (model.given.append((x.tolist(), hidden)) or model.weight * x, x[0, -1])
    trainer.run([{"x": torch.tensor([[1.0, 2.0, 3.0]])}] * 2)
    assert model.given == [([[1.0, 2.0]], None), ([[3.0]], torch.tensor(2.0))] * 2
    assert fired == ["TIME_ITERATION_STARTED", "TIME_ITERATION_COMPLETED"] * 4


def test_clipping(model):
    """The gradient of a piece is clipped before its step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    trainer = create_supervised_tbptt_trainer(model, optimizer, difference, tbtt_step=5, clip_grad_norm=0.25)
    trainer.run([(torch.ones(3), torch.zeros(3))])
    assert model.weight.item() == pytest.approx(0.75)


def test_real_network_learns():
    """A GRU learns to count the ones so far from pieces of a sequence."""
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru = nn.GRU(1, 16)
            self.out = nn.Linear(16, 1)

        def forward(self, x, hidden=None):
            features, hidden = self.gru(x, hidden)
            return self.out(features), hidden

    x = torch.randint(2, (12, 64, 1)).float()
    y = torch.cumsum(x, 0) / 12
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    trainer = create_supervised_tbptt_trainer(net, optimizer, nn.functional.mse_loss, tbtt_step=4)
    first = trainer.run([(x, y)], max_epochs=1).output.item()
    assert trainer.run([(x, y)], max_epochs=60).output.item() < first / 10


def test_bad_step(model):
    """Pieces have at least one time step."""
    with pytest.raises(ValueError, match="tbtt_step") as raised:
        create_supervised_tbptt_trainer(model, None, difference, tbtt_step=0)
    assert str(raised.value) == "`tbtt_step` should be at least 1, got 0."
