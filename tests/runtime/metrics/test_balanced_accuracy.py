"""BalancedAccuracy."""

from functools import partial

import pytest
import torch
from sklearn.metrics import balanced_accuracy_score

from scaffold_runtime.metrics import BalancedAccuracy


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize("adjusted", [False, True])
def test_multiclass(contract, draw, adjusted):
    """It is scikit-learn's; class 4 is predicted and does not occur."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = balanced_accuracy_score(y, scores.argmax(1), adjusted=adjusted)
    contract(partial(BalancedAccuracy, adjusted=adjusted), batches, expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float16])
def test_binary(contract, draw, dtype):
    """Zeros and ones are the two classes."""
    batches = [
        (torch.randint(2, (n,), generator=draw).to(dtype), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)
    ]
    predicted, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(BalancedAccuracy, batches, balanced_accuracy_score(y, predicted.long()))


@pytest.mark.parametrize("ignore_index", [-1, 0])
def test_images_with_ignored_pixels(contract, draw, ignore_index):
    """Pixels without a label are left out, and those of a class that is ignored."""
    batches = [(torch.randn(2, 3, 4, generator=draw), torch.randint(-1, 3, (2, 4), generator=draw)) for _ in range(3)]
    p = torch.cat([scores.argmax(1).flatten() for scores, _ in batches])
    y = torch.cat([y.flatten() for _, y in batches])
    kept = (y >= 0) & (y != ignore_index)
    recalls = [(p[kept & (y == c)] == c).double().mean() for c in range(3) if c != ignore_index]
    contract(partial(BalancedAccuracy, ignore_index=ignore_index), batches, sum(recalls) / len(recalls))


def test_one_class_occurs():
    """With one class there is no guessing to compare with."""
    metric = BalancedAccuracy(adjusted=True)
    metric.update((torch.tensor([1, 0]), torch.tensor([1, 1])))
    assert metric.compute() != metric.compute()
