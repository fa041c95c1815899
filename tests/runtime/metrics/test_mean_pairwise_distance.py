"""MeanPairwiseDistance."""

from functools import partial

import numpy as np
import pytest
import torch

from scaffold_runtime.metrics import MeanPairwiseDistance


@pytest.mark.parametrize("p", [1, 2, 3])
def test_vectors(contract, draw, p):
    """It is the mean of NumPy's norms of the differences."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randn(n, 4, generator=draw)) for n in (8, 8, 3)]
    left, right = (torch.cat(parts).double().numpy() for parts in zip(*batches, strict=True))
    expected = np.linalg.norm(left - right + 1e-6, ord=p, axis=1).mean()
    contract(partial(MeanPairwiseDistance, p=p), batches, expected)


@pytest.mark.parametrize("shape", [(3,), (3, 2, 2)])
def test_no_vectors(shape):
    """Samples that are no vectors are refused, as numbers would pass for one vector."""
    with pytest.raises(ValueError, match=r"^`y_pred` and `y` should be \(N, D\), a vector for each sample, got \(3,"):
        MeanPairwiseDistance().update((torch.zeros(shape), torch.ones(shape)))
