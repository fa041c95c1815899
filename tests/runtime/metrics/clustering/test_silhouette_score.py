"""SilhouetteScore."""

from functools import partial

import pytest
import torch
from sklearn.metrics import silhouette_score

from scaffold_runtime.metrics.clustering import SilhouetteScore
from scaffold_runtime.metrics.clustering import silhouette_score as module


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
    contract(SilhouetteScore, batches, silhouette_score(features, labels))


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "manhattan"])
def test_distances(contract, draw_clusters, metric):
    """Other distances are scikit-learn's too, of features that are not about zero."""
    batches, features, labels = draw_clusters(mean=2.0)
    make = partial(SilhouetteScore, silhouette_kwargs={"metric": metric})
    contract(make, batches, silhouette_score(features, labels, metric=metric))


def test_far_from_zero(contract, draw_clusters):
    """Nothing is lost where the mean is a hundred million times the spread."""
    batches, features, labels = draw_clusters(torch.float64, mean=1e8)
    contract(SilhouetteScore, batches, silhouette_score(features - 1e8, labels))


@pytest.mark.parametrize("tile", [1, 65 * 7, 65 * 100])
def test_tiles(draw_clusters, monkeypatch, tile):
    """It does not matter how many distances are held at once: those of one sample, of seven, of all."""
    monkeypatch.setattr(module, "_TILE", tile)
    batches, features, labels = draw_clusters()
    metric = SilhouetteScore()
    for batch in batches:
        metric.update(batch)
    assert metric.compute() == pytest.approx(silhouette_score(features, labels), abs=1e-9)


@pytest.mark.parametrize(
    ("features", "labels"),
    [([0.0, 1.0, 9.0], [0, 0, 1]), ([2.0, 2.0, 2.0, 2.0], [0, 0, 1, 1]), ([0.0, 0.0, 5.0, 5.0], [0, 0, 1, 1])],
)
def test_edges(features, labels):
    """A sample alone in its cluster counts 0, as does one that is where all are."""
    metric = SilhouetteScore()
    metric.update((torch.tensor(features).unsqueeze(1), torch.tensor(labels)))
    expected = silhouette_score(torch.tensor(features).unsqueeze(1), labels)
    assert metric.compute() == pytest.approx(expected)


@pytest.mark.parametrize("arguments", [{"metric": "hamming"}, {"sample_size": 100}])
def test_wrong_arguments(arguments):
    """What is not known of scikit-learn's arguments is refused."""
    with pytest.raises(ValueError, match=r".") as error:
        SilhouetteScore(silhouette_kwargs=arguments)
    assert str(error.value) == (
        "`silhouette_kwargs` should be a `metric` out of ['euclidean', 'sqeuclidean', 'cosine', 'manhattan'], "
        f"got {arguments}."
    )
