"""CosineSimilarity."""

import torch
from sklearn.metrics.pairwise import cosine_similarity

from scaffold_runtime.metrics import CosineSimilarity


def test_vectors(contract, draw):
    """It is the mean of scikit-learn's similarities of pairs; a vector of zeros has none."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randn(n, 4, generator=draw)) for n in (8, 8, 3)]
    batches[0][0][0] = 0
    left, right = (torch.cat(parts).double().numpy() for parts in zip(*batches, strict=True))
    contract(CosineSimilarity, batches, cosine_similarity(left, right).diagonal().mean())
