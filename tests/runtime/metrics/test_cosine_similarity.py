"""CosineSimilarity."""

import pytest
import torch
from sklearn.metrics.pairwise import cosine_similarity

from scaffold_runtime.metrics import CosineSimilarity


def test_vectors(contract, draw):
    """It is the mean of scikit-learn's similarities of pairs; a vector of zeros has none."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randn(n, 4, generator=draw)) for n in (8, 8, 3)]
    batches[0][0][0] = 0
    left, right = (torch.cat(parts).double().numpy() for parts in zip(*batches, strict=True))
    contract(CosineSimilarity, batches, cosine_similarity(left, right).diagonal().mean())


def test_short_vectors():
    """The length of a vector makes no difference, down to `eps`; from there on it is less similar."""
    short, shorter = CosineSimilarity(), CosineSimilarity()
    short.update((torch.tensor([[1e-5, 0.0]]), torch.tensor([[1e-7, 0.0]])))
    shorter.update((torch.tensor([[1e-9, 0.0]]), torch.tensor([[1.0, 0.0]])))
    assert (short.compute(), shorter.compute()) == pytest.approx((1.0, 0.1))


def test_no_vectors():
    """Samples that are numbers are refused."""
    message = (
        r"^`y_pred` and `y` should be \(N, D, \.\.\.\), a vector for each sample, got \(3,\) and \(3,\)\. "
        r"Stack them in an `output_transform`\.$"
    )
    with pytest.raises(ValueError, match=message):
        CosineSimilarity().update((torch.zeros(3), torch.ones(3)))
