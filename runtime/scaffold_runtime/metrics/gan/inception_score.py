"""The Inception score."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor, nn

from ...exceptions import NotComputableError
from ..machinery.gan.feature_metric import FeatureMetric
from ..machinery.gan.inception_model import InceptionModel
from ..machinery.outputs import described
from ..metric import MetricOptions, identity


class InceptionScore(FeatureMetric):
    r"""How sure a classifier is of each generated image, and how unlike each other its answers are.

    $$\text{IS} = \exp\left(\frac{1}{N} \sum_{i=1}^{N} D_{KL}\left(p(y \mid x_i) \parallel p(y)\right)\right),
    \quad p(y) = \frac{1}{N} \sum_{i=1}^{N} p(y \mid x_i)$$

    All images make one score; some papers give the mean over ten splits.

    Shapes:
        y_pred: `(N, ...)`, generated images as the classifier takes them; alone, not in a pair.
        result: float in `[1, num_features]`, higher is better.

    Args:
        num_features: number of classes.
        feature_extractor: a module, in evaluation mode, that makes probabilities `(N, num_features)` of images; it is
            moved to where the states are. Without one, what comes are probabilities if `num_features` is given, else
            `InceptionModel` is taken.
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: `num_features` is not given beside an extractor, or not what it makes.
        TypeError: `feature_extractor` is no module.
        ImportError: `InceptionModel` is taken, and `torchvision` is not there.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> score = InceptionScore(num_features=2)
        >>> score.update(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        >>> round(score.compute(), 4)
        2.0

    References:
        Salimans et al., Improved Techniques for Training GANs, 2016.
    """

    required_output_keys = None

    _probabilities: Tensor
    _certainty: Tensor
    _num_examples: int

    def __init__(
        self,
        num_features: int | None = None,
        feature_extractor: nn.Module | None = None,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if num_features is None and feature_extractor is None:
            num_features, feature_extractor = 1000, InceptionModel(return_features=False)
        super().__init__(num_features, feature_extractor, output_transform, **options)
        self.add_state("_probabilities", torch.zeros(self._num_features, dtype=torch.float64), reduce="sum")
        self.add_state("_certainty", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("_num_examples", 0, reduce="sum")

    def update(self, output: Tensor) -> None:
        """Adds a batch of generated images.

        Raises:
            TypeError: it is no tensor.
        """
        if not isinstance(output, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]  # of an engine
            raise TypeError(
                f"A batch should be a tensor of generated images, got {described(output)}. "
                "An `output_transform` picks it."
            )
        probabilities = self.features(output)
        self._probabilities += probabilities.sum(0)
        self._certainty += torch.xlogy(probabilities, probabilities).sum()
        self._num_examples += probabilities.shape[0]

    def compute(self) -> float:
        """The exponential of the mean divergence."""
        if self._num_examples == 0:
            raise NotComputableError("InceptionScore has seen no image. Call `update` before `compute`.")
        mean = self._probabilities / self._num_examples
        # Rounding may lead a hair below 1.
        return (self._certainty / self._num_examples - torch.xlogy(mean, mean).sum()).exp().clamp(min=1).item()
