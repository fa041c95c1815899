"""HammingLoss."""

from functools import partial

import pytest
import torch
from sklearn.metrics import hamming_loss

from scaffold_runtime.metrics import HammingLoss


@pytest.mark.parametrize("ignore_index", [None, 2])
def test_multiclass(contract, draw, ignore_index):
    """It is scikit-learn's, of the samples that are not ignored."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(4, (n,), generator=draw)) for n in (8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    kept = y != ignore_index if ignore_index is not None else torch.ones_like(y, dtype=torch.bool)
    expected = hamming_loss(y[kept], scores.argmax(1)[kept])
    contract(partial(HammingLoss, ignore_index=ignore_index), batches, expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float16])
def test_multilabel(contract, draw, dtype):
    """Each label of each sample counts once."""
    batches = [
        (torch.randint(2, (n, 3), generator=draw).to(dtype), torch.randint(2, (n, 3), generator=draw))
        for n in (9, 9, 4)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(HammingLoss, is_multilabel=True), batches, hamming_loss(y.numpy(), p.long().numpy()))


def test_unknown_labels(contract, draw):
    """Labels that are unknown do not count."""
    batches = [
        (torch.randint(2, (2, 3, 4), generator=draw), torch.randint(-1, 2, (2, 3, 4), generator=draw)) for _ in range(3)
    ]
    p, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    expected = (p[y >= 0] != y[y >= 0]).double().mean()
    contract(partial(HammingLoss, is_multilabel=True, ignore_index=-1), batches, expected)


def test_wrong_shapes():
    """Shapes that do not go together are named."""
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(5,\)\.$"):
        HammingLoss().update((torch.zeros(4, 3), torch.zeros(5)))
