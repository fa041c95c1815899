"""CalinskiHarabaszScore."""

import pytest
import torch
from sklearn.metrics import calinski_harabasz_score

from scaffold_runtime.metrics.clustering import CalinskiHarabaszScore


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"dtype": torch.float16},
        {"dtype": torch.float64, "labels": (0, 1)},
        {"num_features": 1},
        {"sizes": (9, 0, 2)},
    ],
)
def test_clusters(contract, draw_clusters, how):
    """It is scikit-learn's."""
    batches, features, labels = draw_clusters(**how)
    contract(CalinskiHarabaszScore, batches, calinski_harabasz_score(features, labels))


def test_far_from_zero(contract, draw_clusters):
    """Nothing is lost where the mean is a hundred million times the spread."""
    batches, features, labels = draw_clusters(torch.float64, mean=1e8)
    contract(CalinskiHarabaszScore, batches, calinski_harabasz_score(features - 1e8, labels), rtol=1e-6)


def test_nothing_varies_within():
    """Where all samples of a cluster are alike, it is 1, as in scikit-learn."""
    features, labels = torch.tensor([[0.0], [0.0], [5.0]]), torch.tensor([0, 0, 1])
    metric = CalinskiHarabaszScore()
    metric.update((features, labels))
    assert metric.compute() == 1 == calinski_harabasz_score(features, labels)
