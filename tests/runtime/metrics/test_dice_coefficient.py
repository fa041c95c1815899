"""DiceCoefficient."""

import torch
from sklearn.metrics import f1_score

from scaffold_runtime.metrics import ConfusionMatrix, DiceCoefficient


def _dice():
    return DiceCoefficient(ConfusionMatrix(4))


def _dice_without_class_0():
    return DiceCoefficient(ConfusionMatrix(4), ignore_index=0)


def test_classes(contract, draw):
    """It is the F1 score of each class, also of a class that is absent."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = f1_score(y, scores.argmax(1), labels=range(4), average=None, zero_division=0)
    contract(_dice, batches, expected)
    contract(_dice_without_class_0, batches, expected[1:])
