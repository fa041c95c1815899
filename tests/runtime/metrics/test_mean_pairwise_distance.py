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
