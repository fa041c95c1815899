"""Bits per byte are what arithmetic by hand says."""

import pytest
import torch
from project_name.corpus import NO_TOKEN
from project_name.task import SCORE, make_loss, make_metrics

SIZES = {"vocabulary_size": 4, "length": 3}
TOKENS = torch.tensor([[1, 2, 3], [0, NO_TOKEN, NO_TOKEN]])
BYTES = torch.tensor([[1, 2, 5], [2, 0, 0]])
TARGETS = torch.stack([TOKENS, BYTES], dim=1)  # (2, 2, 3)


def test_a_network_that_knows_nothing_needs_the_same_for_each_token() -> None:
    """Of four equally likely tokens each takes two bits: 4 x 2 bits for 10 bytes, whatever the batches are."""
    metrics = make_metrics(SIZES, torch.device("cpu"))
    for scores, targets in zip(torch.zeros(2, 3, 4).split(1), TARGETS.split(1), strict=True):
        for metric in metrics.values():
            metric.update((scores, targets))
    assert metrics["bits_per_byte"].compute() == pytest.approx(0.8)
    assert metrics[SCORE].compute() == pytest.approx(10)


def test_what_fills_a_window_up_is_not_learned() -> None:
    """The loss is the mean over the tokens that there are."""
    scores = torch.randn(2, 3, 4)
    expected = -scores.log_softmax(dim=2)[[0, 0, 0, 1], [0, 1, 2, 0], [1, 2, 3, 0]].mean()
    torch.testing.assert_close(make_loss(SIZES)(scores, TARGETS), expected)
