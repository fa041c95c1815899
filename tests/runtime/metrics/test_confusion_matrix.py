"""ConfusionMatrix."""

from functools import partial

import pytest
import torch
from sklearn.metrics import confusion_matrix

from scaffold_runtime.metrics import ConfusionMatrix


@pytest.mark.parametrize("average", [None, "recall", "precision"])
def test_classes(contract, draw, average):
    """Rows are true and columns predicted classes, as in scikit-learn; class 3 is absent."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    normalize = {None: None, "recall": "true", "precision": "pred"}[average]
    expected = confusion_matrix(y, scores.argmax(1), labels=range(4), normalize=normalize)
    contract(partial(ConfusionMatrix, 4, average), batches, expected)


def test_images_without_labels(contract, draw):
    """Pixels whose target is no class, 255 or -1, are left out; "samples" divides by images."""
    batches = [(torch.randn(2, 3, 4, 4, generator=draw), torch.randint(3, (2, 4, 4), generator=draw)) for _ in range(3)]
    for _, y in batches:
        y[0, 0, 0], y[1, 1, 1] = 255, -1
    p = torch.cat([scores.argmax(1).flatten() for scores, _ in batches])
    y = torch.cat([y.flatten() for _, y in batches])
    labelled = (y >= 0) & (y < 3)
    expected = confusion_matrix(y[labelled], p[labelled], labels=range(3)) / 6
    contract(partial(ConfusionMatrix, 3, "samples"), batches, expected)


def test_wrong_arguments():
    """Too few classes, an unknown average, and predictions of other classes are refused."""
    with pytest.raises(ValueError, match=r"^`num_classes` should be at least 2, got 1\.$"):
        ConfusionMatrix(1)
    with pytest.raises(ValueError, match=r"got 'macro'\.$"):
        ConfusionMatrix(3, average="macro")
    matrix = ConfusionMatrix(3)
    with pytest.raises(ValueError, match=r"^`y_pred` should be \(N, 3, \.\.\.\), got multiclass data of 4 classes\."):
        matrix.update((torch.zeros(2, 4), torch.zeros(2)))
    matrix.update((torch.eye(3), torch.arange(3)))
    assert matrix.compute().equal(torch.eye(3, dtype=torch.int64)), "a refused batch counts"
