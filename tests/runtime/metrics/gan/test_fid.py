"""FID."""

from functools import partial

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from scaffold_runtime.exceptions import NotComputableError
from scaffold_runtime.metrics.gan import FID
from scaffold_runtime.metrics.gan.fid import fid_score


def _distance(generated, real):
    """The definition, with SciPy's root of a matrix."""
    sigma1, sigma2 = np.cov(generated.T), np.cov(real.T)
    root = scipy.linalg.sqrtm(sigma1 @ sigma2)
    return ((generated.mean(0) - real.mean(0)) ** 2).sum() + np.trace(sigma1 + sigma2 - 2 * root.real)


def _feature_batches(draw, dtype=torch.float32, num_features=4):
    spread = torch.randn(num_features, num_features, generator=draw)
    return [
        (
            torch.randn(n, num_features, generator=draw).to(dtype),
            (torch.randn(m, num_features, generator=draw) @ spread + 1).to(dtype),
        )
        for n, m in ((8, 8), (8, 5), (8, 8), (1, 3))
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_features(contract, draw, dtype):
    """It is the definition's, of features of any float; the two sides may have unequal numbers."""
    batches = _feature_batches(draw, dtype)
    generated, real = (torch.cat(parts).double().numpy() for parts in zip(*batches, strict=True))
    contract(partial(FID, num_features=4), batches, _distance(generated, real))


def _network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def _distance_of_networks():
    return FID(num_features=6, feature_extractor=_network())


def test_images(contract, draw):
    """It is torchmetrics's, with a network of one's own."""
    batches = [(torch.rand(n, 3, 6, 7, generator=draw), torch.rand(n, 3, 6, 7, generator=draw) ** 2) for n in (9, 9, 4)]
    reference = FrechetInceptionDistance(feature=_network(), normalize=True, input_img_size=(3, 6, 7))
    for generated, real in batches:
        reference.update(generated, real=False)
        reference.update(real, real=True)
    expected = _distance(
        *(_network()(torch.cat(part)).detach().double().numpy() for part in zip(*batches, strict=True))
    )
    assert reference.compute().item() == pytest.approx(expected, rel=1e-4)
    contract(_distance_of_networks, batches, expected)


def test_far_from_zero(draw):
    """Features a million times their spread away from zero lose nothing."""
    batches = [tuple(1e6 + side.double() for side in batch) for batch in _feature_batches(draw)]
    metric = FID(num_features=4)
    for batch in batches:
        metric.update(batch)
    generated, real = ((torch.cat(parts) - 1e6).numpy() for parts in zip(*batches, strict=True))
    assert metric.compute() == pytest.approx(_distance(generated, real), rel=1e-8)


def test_fewer_images_than_features(draw):
    """Singular covariances are as good as others: between images and themselves there is no distance."""
    images = torch.randn(10, 64, generator=draw)
    metric = FID(num_features=64)
    metric.update((images, images))
    assert metric.compute() == pytest.approx(0, abs=1e-11)


def test_score():
    """Of independent features it is a sum: (1 - 3)² + (√4 - √9)² + (√16 - √1)²."""
    sigma1, sigma2 = torch.tensor([4.0, 16.0]).diag(), torch.tensor([9.0, 1.0]).diag()
    assert fid_score(torch.tensor([1.0, 0.0]), torch.tensor([3.0, 0.0]), sigma1, sigma2) == pytest.approx(4 + 1 + 9)


def test_one_image():
    """One image has no covariance."""
    metric = FID(num_features=2)
    metric.update((torch.zeros(1, 2), torch.zeros(5, 2)))
    with pytest.raises(NotComputableError) as error:
        metric.compute()
    assert str(error.value) == (
        "FID needs two generated and two real images for a covariance, got 1 and 5. Call `update` before `compute`."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"feature_extractor": nn.Identity()},
            "`num_features` should be how many features `feature_extractor` makes of a sample, got None.",
        ),
        (
            {"num_features": 0},
            "`num_features` should be how many features `feature_extractor` makes of a sample, got 0.",
        ),
    ],
)
def test_wrong_number_of_features(arguments, message):
    """A network of one's own says how many features it makes."""
    with pytest.raises(ValueError, match=r".") as error:
        FID(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_no_numbers(value):
    """They make the distance NaN."""
    distance = FID(num_features=2)
    distance.update((torch.tensor([[1.0, 2.0], [3.0, value]]), torch.ones(2, 2)))
    assert np.isnan(distance.compute())


def test_wrong_extractor():
    """What is no module is refused, and a module that makes something else."""
    with pytest.raises(TypeError, match=r"^`feature_extractor` should be a torch\.nn\.Module, got function\.$"):
        FID(2, lambda images: images)
    with pytest.raises(ValueError, match=r".") as error:
        FID(2).update((torch.zeros(4, 3), torch.zeros(4, 3)))
    assert str(error.value) == (
        "`feature_extractor` should make (N, 2) of samples, got (4, 3) of (4, 3). "
        "Set `num_features`, or flatten the features."
    )
