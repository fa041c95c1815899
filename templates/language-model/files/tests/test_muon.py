"""Muon and AdamW are one optimizer, also for schedules and checkpoints."""

import copy

import pytest
import torch
from project_name.muon import MuonWithAdamW
from torch import nn
from torch.optim.lr_scheduler import LambdaLR


def make_network() -> nn.Module:
    """With an embedding, a matrix and a vector; always the same."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3))


def train(network: nn.Module, optimizer: torch.optim.Optimizer, steps: int, first: int = 0) -> None:
    """Steps whose gradients depend on their number."""
    for step in range(first, first + steps):
        optimizer.zero_grad()
        scores = network(torch.arange(5))  # (5, 3): as many rows as it takes for a gradient of full rank
        nn.functional.cross_entropy(scores, (torch.arange(5) + step) % 3).backward()
        optimizer.step()


def test_matrices_are_muons_and_the_rest_is_not() -> None:
    """The layer's matrix moves along an orthogonal matrix; the embedding and the vector have Adam's moments."""
    embedding, layer = nn.Embedding(5, 4), nn.Linear(4, 3)
    network = nn.Sequential(embedding, layer)
    optimizer = MuonWithAdamW(network, 0.1, weight_decay=0.0)
    before = layer.weight.detach().clone()
    train(network, optimizer, 1)
    singular = torch.linalg.svdvals(layer.weight.detach() - before)
    assert singular.max() / singular[:2].min() < 2.5  # Newton-Schulz in five steps: 0.7 to 1.2 of one length
    assert "exp_avg" in optimizer.state[embedding.weight]
    assert "exp_avg" in optimizer.state[layer.bias]
    assert "momentum_buffer" in optimizer.state[layer.weight]


def test_a_schedule_reaches_both() -> None:
    """A learning rate of zero leaves every weight where it is."""
    network = make_network()
    optimizer = MuonWithAdamW(network, 0.1, weight_decay=0.1)
    LambdaLR(optimizer, lambda step: 0.0)
    before = copy.deepcopy(network.state_dict())
    train(network, optimizer, 2)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name])


@pytest.mark.parametrize("steps", [1, 3])
def test_a_saved_state_goes_on_to_the_same_weights(steps: int) -> None:
    """To the bit, and the schedule reaches it afterwards too."""
    whole, parts = make_network(), make_network()
    train(whole, MuonWithAdamW(whole, 0.1, weight_decay=0.1), steps + 2)

    first = MuonWithAdamW(parts, 0.1, weight_decay=0.1)
    train(parts, first, steps)
    state = copy.deepcopy(first.state_dict())
    second = MuonWithAdamW(parts, 0.5, weight_decay=0.5)
    second.load_state_dict(state)
    train(parts, second, 2, first=steps)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(one, other)
    second.param_groups[0]["lr"] = second.param_groups[1]["lr"] = 0.0
    before = [parameter.detach().clone() for parameter in parts.parameters()]
    train(parts, second, 1)
    assert all(torch.equal(one, other) for one, other in zip(before, parts.parameters(), strict=True))
