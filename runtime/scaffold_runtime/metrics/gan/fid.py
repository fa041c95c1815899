"""The Fréchet inception distance."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack, cast

import torch
from torch import Tensor, nn

from ...exceptions import NotComputableError
from ..machinery.gan.feature_metric import FeatureMetric
from ..machinery.gan.feature_moments import add_features, mean_and_covariance, merge_moments, no_moments
from ..machinery.gan.inception_model import InceptionModel
from ..machinery.tensor_parts import tensors
from ..metric import MetricOptions, identity


class FID(FeatureMetric):
    r"""Fréchet distance of generated and real images, as normal distributions of what a network sees in them.

    $$\text{FID} = \lVert \mu_1 - \mu_2 \rVert^2
    + \text{tr}\left(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1 \Sigma_2)^{1/2}\right)$$

    Means and covariances are carried from batch to batch in double precision; no features are kept. The two sides may
    have different numbers of images. Without an extractor, features are the 2048 of Inception's last pooling, as in
    the paper; Ignite takes the 1000 probabilities.

    Shapes:
        y_pred: `(N, ...)`, generated images as the extractor takes them.
        y: `(M, ...)`, real images.
        result: float in `[0, ∞)`, lower is better; NaN if a feature is NaN or infinite.

    Args:
        num_features: how many features an image has.
        feature_extractor: a module, in evaluation mode, that makes `(N, num_features)` of images; it is moved to where
            the states are. Without one, images are their features if `num_features` is given, else `InceptionModel`
            is taken.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `num_features` is not given beside an extractor, or not what it makes.
        TypeError: `feature_extractor` is no module.
        ImportError: `InceptionModel` is taken, and `torchvision` is not there.
        NotComputableError: `compute` before two images were seen on each side.

    Example:
        >>> distance = FID(num_features=1)
        >>> distance.update((torch.tensor([[1.0], [3.0]]), torch.tensor([[4.0], [6.0], [8.0]])))
        >>> round(distance.compute(), 4)
        16.3431

    References:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium, 2017.
    """

    _generated: Tensor
    _real: Tensor
    _num_generated: int
    _num_real: int

    def __init__(
        self,
        num_features: int | None = None,
        feature_extractor: nn.Module | None = None,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if num_features is None and feature_extractor is None:
            num_features, feature_extractor = 2048, InceptionModel(return_features=True)
        super().__init__(num_features, feature_extractor, output_transform, **options)
        for side in ("generated", "real"):
            self.add_state(f"_{side}", no_moments(self._num_features), reduce=merge_moments)
            self.add_state(f"_num_{side}", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch of generated and of real images, `(y_pred, y)`."""
        generated, real = map(self.features, tensors(output, "y_pred", "y"))
        add_features(self._generated, generated, num_before=self._num_generated)
        add_features(self._real, real, num_before=self._num_real)
        self._num_generated += generated.shape[0]
        self._num_real += real.shape[0]

    def compute(self) -> float:
        """The distance."""
        if min(self._num_generated, self._num_real) < 2:
            raise NotComputableError(
                "FID needs two generated and two real images for a covariance, "
                f"got {self._num_generated} and {self._num_real}. Call `update` before `compute`."
            )
        (mu1, sigma1), (mu2, sigma2) = map(mean_and_covariance, (self._generated, self._real))
        return fid_score(mu1, mu2, sigma1, sigma2)


def fid_score(mu1: Tensor, mu2: Tensor, sigma1: Tensor, sigma2: Tensor) -> float:
    r"""The Fréchet distance of two normal distributions.

    Shapes:
        mu1, mu2: `(D,)`, means.
        sigma1, sigma2: `(D, D)`, covariances; they may be singular.

    Example:
        >>> fid_score(torch.zeros(2), torch.tensor([3.0, 4.0]), torch.eye(2), torch.eye(2))
        25.0
    """
    if not all(part.isfinite().all() for part in (mu1, mu2, sigma1, sigma2)):
        return float("nan")
    # The trace of the root of a product is the sum of the singular values of the roots' product. Taken so, an
    # eigenvalue that is 0 but for rounding adds 1e-16; the product's own eigenvalues add the root of that.
    spectrum = cast(Tensor, torch.linalg.svdvals(_root(sigma1).T @ _root(sigma2)))
    distance = (mu1 - mu2).square().sum() + sigma1.trace() + sigma2.trace() - 2 * spectrum.sum()
    return max(distance.item(), 0.0)


def _root(covariance: Tensor) -> Tensor:
    eigenvalues, vectors = cast(tuple[Tensor, Tensor], torch.linalg.eigh(covariance))
    return vectors * eigenvalues.clamp(min=0).sqrt()
