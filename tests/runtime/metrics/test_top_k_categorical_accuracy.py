"""TopKCategoricalAccuracy."""

from functools import partial

import pytest
import torch
from sklearn.metrics import top_k_accuracy_score

from scaffold_runtime.metrics import TopKCategoricalAccuracy


@pytest.mark.parametrize("k", [1, 3])
def test_classes(contract, draw, k):
    """It is scikit-learn's."""
    batches = [(torch.randn(n, 6, generator=draw), torch.randint(6, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    contract(partial(TopKCategoricalAccuracy, k), batches, top_k_accuracy_score(y, scores, k=k, labels=range(6)))


def test_more_than_there_are():
    """Among all classes the target is found always."""
    metric = TopKCategoricalAccuracy(k=5)
    metric.update((torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])))
    assert metric.compute() == 1.0


def test_wrong_arguments():
    """A `k` of none, and shapes that do not go together, are refused."""
    with pytest.raises(ValueError, match=r"^`k` should be at least 1, got 0\.$"):
        TopKCategoricalAccuracy(0)
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(5,\)\.$"):
        TopKCategoricalAccuracy().update((torch.zeros(4, 3), torch.zeros(5)))
