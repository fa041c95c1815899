"""The mutual information of inputs and predicted classes."""

from collections.abc import Callable
from typing import Any, Unpack

from torch import Tensor

from .entropy import Entropy
from .machinery.class_distributions import entropies
from .metric import MetricOptions, identity


class MutualInformation(Entropy):
    r"""How much the inputs tell about the predicted classes, in nats.

    $$H\left(\frac{1}{N} \sum_{i=1}^{N} p_i\right) - \frac{1}{N} \sum_{i=1}^{N} H(p_i),
    \qquad p_i = \operatorname{softmax}(\hat{y}_i)$$

    High where each input has a clear class and all classes are used alike: where inputs are well clustered. A class
    that is never predicted adds nothing (NaN in Ignite).

    Shapes:
        y_pred: `(N, C)` or `(N, C, ...)`, logits.
        y: not used.
        result: float in `[0, log C]`.

    Args:
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: there is no axis of classes, or not as many classes as before.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> information = MutualInformation()
        >>> information.update((torch.tensor([[1000.0, 0.0], [0.0, 1000.0]]), torch.tensor([0, 1])))
        >>> round(information.compute(), 4)
        0.6931

    References:
        Hu et al., Learning Discrete Representations via Information Maximizing Self-Augmented Training, 2017.
    """

    _sum_of_probabilities: Tensor | None

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        # By class: how many there are is known from the first batch.
        self.add_state("_sum_of_probabilities", None, reduce="sum")

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """What the classes add to the entropy; on the way, their probabilities are summed."""
        probabilities = y_pred.softmax(1)
        added = probabilities.sum(0, dtype=self.double_dtype)
        before = self._sum_of_probabilities
        if before is not None and before.shape != added.shape:
            raise ValueError(
                f"`y_pred` should have as many classes as before, {len(before)}, got {len(added)}. "
                "Call `reset` between."
            )
        self._sum_of_probabilities = added if before is None else before + added
        return entropies(probabilities)

    def compute(self) -> float:
        """The entropy of the mean distribution, less the mean entropy."""
        mean_entropy = super().compute()
        assert self._sum_of_probabilities is not None
        marginal = entropies(self._sum_of_probabilities / self._num_examples).sum()
        # Rounding may lead a hair below 0.
        return (marginal - mean_entropy).clamp(min=0).item()
