"""Arithmetic with metrics."""

import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import Accuracy, ConfusionMatrix, Fbeta, Precision, Recall

BATCHES = [
    (torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1])),
    (torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([1, 1])),
    (torch.tensor([[1.0, 0.0]]), torch.tensor([1])),
]


def test_arithmetic():
    """Metrics are added, scaled and indexed like their values, each part updated once a batch."""
    engine, matrix = Engine(lambda engine, batch: batch), ConfusionMatrix(2)
    precision, recall = Precision(average=False), Recall(average=False)
    f1 = (2 * precision * recall / (precision + recall + 1e-20)).mean()
    metrics = {
        "f1": f1,
        "fbeta": Fbeta(1.0, precision=precision, recall=recall),
        "hits": matrix[1, 1],
        "left": 1 - Accuracy(),
        "square": Accuracy() ** 2 % 1,
        "halves": matrix.sum().item() // 2,
        "power": 2 ** (-Accuracy()),
    }
    for name, metric in metrics.items():
        metric.attach(engine, name)
        assert metric.is_attached(engine)
    engine.run(BATCHES)
    f = 2 * 0.6 / 1.6
    assert engine.state.metrics == pytest.approx(
        {"f1": f / 2, "fbeta": f / 2, "hits": 3, "left": 0.4, "square": 0.36, "halves": 2, "power": 2**-0.6}
    )


def test_metrics_are_no_sequences():
    """A metric can be indexed, but not iterated over without end, and has no attributes that nobody wrote."""
    with pytest.raises(TypeError, match="not iterable"):
        list(Accuracy())
    with pytest.raises(AttributeError):
        _ = Accuracy().averge
