"""cmAccuracy, cmPrecision, cmRecall."""

import pytest
import torch
from sklearn.metrics import accuracy_score, precision_score, recall_score

from scaffold_runtime.metrics import ConfusionMatrix, cmAccuracy, cmPrecision, cmRecall


def _accuracy():
    return cmAccuracy(ConfusionMatrix(4))


def _precision():
    return cmPrecision(ConfusionMatrix(4), average=False)


def _mean_precision():
    return cmPrecision(ConfusionMatrix(4))


def _recall():
    return cmRecall(ConfusionMatrix(4), average=False)


def _mean_recall():
    return cmRecall(ConfusionMatrix(4))


def _expected(make, y, p):
    if make is _accuracy:
        return accuracy_score(y, p)
    score = precision_score if make in (_precision, _mean_precision) else recall_score
    average = "macro" if make in (_mean_precision, _mean_recall) else None
    return score(y, p, labels=range(4), average=average, zero_division=0)


@pytest.mark.parametrize("make", [_accuracy, _precision, _mean_precision, _recall, _mean_recall])
def test_classes(contract, draw, make):
    """They are scikit-learn's; a class that is absent counts as 0."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(make, batches, _expected(make, y, scores.argmax(1)))


@pytest.mark.parametrize("make", [cmPrecision, cmRecall])
def test_wrong_average(make):
    """An average that there is not is refused, instead of taken for the mean."""
    with pytest.raises(ValueError, match=r"^`average` should be True, .*, or False, got 'weighted'\.$"):
        make(ConfusionMatrix(4), average="weighted")
