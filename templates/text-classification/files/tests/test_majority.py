"""Accuracy stands beside that of the majority."""

import pytest
import torch
from project_name.majority import majority


def test_the_largest_class_counts() -> None:
    """Three of five samples are of one class, whatever is predicted and whatever the batches are."""
    metric = majority(3, torch.device("cpu"))
    scores, labels = torch.zeros(5, 3), torch.tensor([1, 2, 1, 0, 1])
    metric.update((scores[:2], labels[:2]))
    metric.update((scores[2:], labels[2:]))
    assert metric.compute() == pytest.approx(0.6)
