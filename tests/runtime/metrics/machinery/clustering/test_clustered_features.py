"""What all metrics of clusterings take."""

import math

import pytest
import torch

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics import CalinskiHarabaszScore, DaviesBouldinScore, SilhouetteScore

METRICS = [CalinskiHarabaszScore, DaviesBouldinScore, SilhouetteScore]


@pytest.mark.parametrize("make", METRICS)
@pytest.mark.parametrize("labels", [[4, 4, 4], [0, 1, 2]])
def test_no_clusters(make, labels):
    """Neither a single cluster has a score, nor as many as there are samples."""
    metric = make()
    metric.update((torch.eye(3), torch.tensor(labels)))
    assert math.isnan(metric.compute())


@pytest.mark.parametrize("make", METRICS)
def test_missing_numbers(make):
    """Where a feature is NaN, the score is."""
    metric = make()
    metric.update((torch.tensor([[1.0], [2.0], [float("nan")], [5.0]]), torch.tensor([0, 0, 1, 1])))
    assert math.isnan(metric.compute())


@pytest.mark.parametrize("make", METRICS)
def test_in_an_engine(make):
    """A mapping's features and labels are taken."""
    features, labels = torch.tensor([[0.0], [1.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1])
    engine = Engine(lambda engine, batch: {"labels": labels, "features": features})
    metric = make()
    metric.attach(engine, "score")
    alone = make()
    alone.update((features, labels))
    assert engine.run([0]).metrics["score"] == alone.compute()


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (
            torch.zeros(4, 3, 2),
            torch.zeros(4, dtype=torch.int64),
            "`features` and `labels` should be (N, D) and (N,), got (4, 3, 2) and (4,). "
            "Flatten the features of a sample in an `output_transform`.",
        ),
        (
            torch.zeros(4, 3),
            torch.zeros(4, 1, dtype=torch.int64),
            "`features` and `labels` should be (N, D) and (N,), got (4, 3) and (4, 1). "
            "Flatten the features of a sample in an `output_transform`.",
        ),
        (torch.zeros(4, 3), torch.zeros(4), "`labels` should be integers, one for each cluster, got torch.float32."),
    ],
)
def test_wrong_input(features, labels, message):
    """Anything but a vector and a label for each sample is refused."""
    with pytest.raises(ValueError, match=r".") as error:
        CalinskiHarabaszScore().update((features, labels))
    assert str(error.value) == message


@pytest.mark.parametrize("make", METRICS)
def test_other_features(make):
    """A batch of samples with more features than those before is refused when it comes."""
    metric = make()
    metric.update((torch.zeros(3, 2), torch.tensor([0, 0, 1])))
    with pytest.raises(
        ValueError, match=r"^`features` have changed from 2 for a sample to 3\. Call `reset` between\.$"
    ):
        metric.update((torch.zeros(3, 3), torch.tensor([0, 0, 1])))
