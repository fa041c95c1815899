"""The network reads texts of any length, whatever fills them up."""

import pytest
import torch
from project_name.model import ModelConfig, build_model

SIZES = {"vocabulary_size": 20, "max_length": 6, "num_classes": 3, "padding": 0}


def test_scores_have_a_column_per_class() -> None:
    """Every parameter gets a gradient, and a text without words has scores too."""
    network = build_model(ModelConfig(width=8, heads=2), **SIZES)
    scores = network(torch.tensor([[3, 4, 5, 0, 0, 0], [0, 0, 0, 0, 0, 0]]))
    assert scores.shape == (2, 3)
    assert scores.isfinite().all()
    scores.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_what_fills_a_text_up_changes_nothing() -> None:
    """Scores do not depend on the vector of the padding."""
    network = build_model(ModelConfig(width=8, heads=2), **SIZES).eval()
    tokens = torch.tensor([[3, 4, 5, 0, 0, 0]])
    with torch.no_grad():
        before = network(tokens)
        network.words.weight[0] += 5  # type: ignore[index, union-attr]
        torch.testing.assert_close(network(tokens), before)


def test_a_width_that_heads_cannot_share_is_told() -> None:
    """The message says what to give."""
    with pytest.raises(SystemExit, match=r"width of 10 .* 4 heads\.\nHint:  .* a multiple of 4"):
        build_model(ModelConfig(width=10), **SIZES)
