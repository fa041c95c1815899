"""The network fits its rows and learns with all of its parts."""

import pytest
import torch
from project_name.model import ModelConfig, build_model
from project_name.optim import OptimizerConfig, make_optimizer


@pytest.mark.parametrize(("num_numbers", "num_categorical"), [(5, 0), (0, 2), (3, 2)])
def test_it_begins_at_zero_and_learns(num_numbers: int, num_categorical: int) -> None:
    """Scores of three classes, all zero at first; after a step every parameter gets a gradient."""
    torch.manual_seed(0)
    network = build_model(
        ModelConfig(dropout=0),
        num_numbers=num_numbers,
        num_categorical=num_categorical,
        num_categories=4 * num_categorical,
        num_classes=3,
    )
    rows = torch.cat([torch.randn(6, num_numbers), torch.arange(6)[:, None].expand(-1, num_categorical)], dim=1)
    assert torch.equal(network(rows), torch.zeros(6, 3))
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    for _ in range(2):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(rows), torch.arange(6) % 3).backward()
        optimizer.step()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_without_classes_it_gives_numbers() -> None:
    """One for each row."""
    network = build_model(ModelConfig(), num_numbers=4, num_categorical=0, num_categories=0)
    assert network(torch.randn(7, 4)).shape == (7,)


def test_it_learns_from_columns_that_say_the_same() -> None:
    """At the rate as shipped; many such columns make the loss steep."""
    torch.manual_seed(0)
    rows = torch.randn(64, 1) + 0.3 * torch.randn(64, 50)
    network = build_model(ModelConfig(dropout=0), num_numbers=50, num_categorical=0, num_categories=0)
    optimizer, losses = make_optimizer(network, OptimizerConfig()), list[float]()
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(network(rows), rows.mean(dim=1))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
