"""Specificity."""

from functools import partial

import pytest
import torch
from sklearn.metrics import multilabel_confusion_matrix
from torchmetrics.functional.classification import multilabel_specificity

from scaffold_runtime.metrics import Specificity


def _rates(y, p, labels=None):
    """True negatives of each class, and all negatives."""
    counts = torch.as_tensor(multilabel_confusion_matrix(y, p, labels=labels)).double()
    return counts[:, 0, 0], counts[:, 0].sum(1)


def _averaged(right, negatives, support, average):
    rates = right / negatives.clamp(min=1)
    if average == "micro":
        return right.sum() / negatives.sum()
    return {False: rates, "macro": rates.mean(), "weighted": rates @ support / support.sum()}[average]


@pytest.mark.parametrize("ignore_index", [None, -1])
@pytest.mark.parametrize("average", [False, "macro", "micro", "weighted"])
def test_multiclass(contract, draw, average, ignore_index):
    """It is true negatives by all negatives of scikit-learn's counts; class 4 is absent, targets may be unknown."""
    batches = [(torch.randn(n, 5, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    for _, y in batches if ignore_index is not None else []:
        y[:2] = ignore_index
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    p, y = scores.argmax(1)[y >= 0], y[y >= 0]
    expected = _averaged(*_rates(y, p, range(5)), torch.bincount(y, minlength=5).double(), average)
    contract(partial(Specificity, average=average, ignore_index=ignore_index), batches, expected)


@pytest.mark.parametrize("average", [False, None])
def test_binary(contract, draw, average):
    """Of binary data `average=False` means class 1; None speaks of both classes."""
    batches = [(torch.rand(n, generator=draw), torch.randint(2, (n,), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    right, negatives = _rates(y, p > 0.5, [0, 1])
    expected = right / negatives
    contract(partial(Specificity, average=average), batches, expected[1] if average is False else expected)


@pytest.mark.parametrize("average", ["macro", "micro", "none"])
def test_multilabel(contract, draw, average):
    """It is that of torchmetrics, with labels that are unknown."""
    batches = [
        (torch.randint(2, (n, 3), generator=draw), torch.randint(-1, 2, (n, 3), generator=draw)) for n in (9, 9, 4)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = multilabel_specificity(p, y, num_labels=3, average=average, ignore_index=-1)
    kind = None if average == "none" else average
    contract(partial(Specificity, average=kind, is_multilabel=True, ignore_index=-1), batches, expected)


def test_samples(contract, draw):
    """With "samples" each sample has its own value."""
    batches = [(torch.randint(2, (n, 3), generator=draw), torch.randint(2, (n, 3), generator=draw)) for n in (9, 9, 4)]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    negatives = (y == 0).sum(1)
    expected = (((y == 0) & (p == 0)).sum(1) / negatives.clamp(min=1)).mean()
    contract(partial(Specificity, average="samples", is_multilabel=True), batches, expected)
