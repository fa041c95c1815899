"""DaviesBouldinScore."""

import math

import pytest
import torch
from sklearn.metrics import davies_bouldin_score

from scaffold_runtime.metrics.clustering import DaviesBouldinScore


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
    contract(DaviesBouldinScore, batches, davies_bouldin_score(features, labels))


def test_far_from_zero(contract, draw_clusters):
    """Nothing is lost where the mean is a hundred million times the spread."""
    batches, features, labels = draw_clusters(torch.float64, mean=1e8)
    contract(DaviesBouldinScore, batches, davies_bouldin_score(features - 1e8, labels), rtol=1e-6)


def _value(features, labels):
    metric = DaviesBouldinScore()
    metric.update((torch.tensor(features).unsqueeze(1), torch.tensor(labels)))
    return metric.compute()


def test_points():
    """Clusters without any spread are wholly unlike each other."""
    assert _value([0.0, 0.0, 5.0], [0, 0, 1]) == 0


@pytest.mark.parametrize("features", [[-1.0, 1.0, -2.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
def test_one_centroid(features):
    """Clusters about the same point cannot be told apart."""
    assert _value(features, [0, 0, 1, 1]) == math.inf
