"""The network sees what came before, and nothing else."""

import pytest
import torch
from project_name.model import ModelConfig, build_model, operations_per_token, rotate

SIZES = {"vocabulary_size": 11, "length": 8}
SMALL = ModelConfig(width=8, depth=2, heads=2)


def test_scores_are_for_each_place() -> None:
    """Texts may be shorter than the network's length, and every parameter gets a gradient."""
    network = build_model(SMALL, **SIZES)
    scores = network(torch.randint(11, (3, 5)))
    assert scores.shape == (3, 5, 11)
    scores.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_what_comes_later_changes_nothing() -> None:
    """Scores of a place depend on the tokens up to there only."""
    network = build_model(SMALL, **SIZES)
    tokens = torch.randint(11, (2, 8))
    changed = tokens.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % 11
    with torch.no_grad():
        before, after = network(tokens), network(changed)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_products_of_rotated_vectors_depend_on_the_distance() -> None:
    """Two vectors at places 1 and 3 give the product that they give at 5 and 7, and another at 1 and 4."""
    angles = torch.arange(8.0)[:, None] * torch.tensor([1.0, 0.1])
    first, second = torch.randn(4), torch.randn(4)
    one, other = (rotate(vector.expand(8, 4), angles.cos(), angles.sin()) for vector in (first, second))
    torch.testing.assert_close(one[1] @ other[3], one[5] @ other[7])
    assert not torch.allclose(one[1] @ other[3], one[1] @ other[4])
    torch.testing.assert_close(one.norm(dim=1), first.norm().expand(8))


def test_a_width_that_heads_cannot_share_is_told() -> None:
    """The message says what to give."""
    with pytest.raises(SystemExit, match=r"width of 10 .* 4 heads\.\nHint:  .* a multiple of 8"):
        build_model(ModelConfig(width=10, heads=4), **SIZES)


def test_operations_are_counted_by_hand() -> None:
    """Six for each of 100 weights; and six for each number of each of two blocks at each of five places."""
    network = torch.nn.Linear(10, 10, bias=False)
    assert operations_per_token(network, ModelConfig(width=8, depth=2, heads=2), 5) == 6 * 100 + 6 * 2 * 5 * 8
