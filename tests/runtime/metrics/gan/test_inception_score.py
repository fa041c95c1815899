"""InceptionScore."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from torch import nn

from scaffold_runtime.engine import Engine
from scaffold_runtime.metrics.gan import InceptionScore


def _score(probabilities):
    """The definition, with SciPy's relative entropy."""
    probabilities = probabilities.double().numpy()
    return np.exp(entropy(probabilities, probabilities.mean(0, keepdims=True), axis=1).mean())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_probabilities(contract, draw, dtype):
    """It is the definition's, also where probabilities are 0."""
    batches = [torch.randn(n, 5, generator=draw).mul(3).softmax(1).to(dtype) for n in (8, 8, 1)]
    batches += [torch.tensor([[0.0, 0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0, 0.0]], dtype=dtype)]
    contract(partial(InceptionScore, num_features=5), batches, _score(torch.cat(batches)))


def _classifier():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Softmax(dim=1))


def _score_of_classifier():
    return InceptionScore(4, _classifier())


def test_images(contract, draw):
    """Images go through the classifier."""
    batches = [torch.rand(n, 3, 2, 2, generator=draw) for n in (8, 8, 3)]
    contract(_score_of_classifier, batches, _score(_classifier()(torch.cat(batches)).detach()))


def test_extremes():
    """Alike images score 1; sure and evenly spread ones as many as there are classes."""
    for probabilities, expected in ((torch.full((6, 3), 1 / 3), 1), (torch.eye(3).repeat(2, 1), 3)):
        score = InceptionScore(num_features=3)
        score.update(probabilities)
        assert score.compute() == pytest.approx(expected)


def test_never_below_one():
    """Rounding does not lead below the least score."""
    for num_images in range(1, 30):
        score = InceptionScore(num_features=3)
        score.update(torch.full((num_images, 3), 1 / 3, dtype=torch.float64))
        assert score.compute() >= 1


def test_no_tensor():
    """A pair is no batch of images either."""
    message = (
        r"^A batch should be a tensor of generated images, got \(Tensor, Tensor\)\. An `output_transform` picks it\.$"
    )
    with pytest.raises(TypeError, match=message):
        InceptionScore(num_features=3).update((torch.eye(3), torch.eye(3)))


def test_mapping():
    """A mapping is no batch of images."""
    engine = Engine(lambda engine, batch: {"y_pred": batch, "y": batch})
    InceptionScore(num_features=3).attach(engine, "score")
    with pytest.raises(TypeError, match=r"^InceptionScore takes no mapping, got one with the keys \['y_pred', 'y'\]\."):
        engine.run([torch.eye(3)])
