"""What is measured, and what outputs mean."""

import torch
from project_name.task import SCORE, make_metrics, to_predictions

SCORES = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0], [1.0, 0.0]])
LABELS = torch.tensor([0, 0, 1, 1])


def test_accuracy_counts_samples() -> None:
    """Three of four are right, whatever the batches are."""
    sizes = {"num_classes": 2}
    metrics = make_metrics(sizes, torch.device("cpu"))
    for scores, labels in zip(SCORES.split(3), LABELS.split(3), strict=True):
        for metric in metrics.values():
            metric.update((scores, labels))
    assert metrics[SCORE].compute() == 0.75


def test_predictions_have_names() -> None:
    """The most likely class, and its probability."""
    row, *others = to_predictions(SCORES, {"classes": ["cat", "dog"]})
    assert row == {"class": "cat", "confidence": 0.8808}  # 1 / (1 + exp(-2))
    assert [other["class"] for other in others] == ["cat", "dog", "cat"]
