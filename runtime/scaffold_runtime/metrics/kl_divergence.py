"""The Kullback-Leibler divergence of predicted from true distributions."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .machinery.class_distributions import class_rows
from .machinery.mean_over_samples import MeanOverSamples
from .machinery.states import without_wait
from .machinery.tensor_parts import is_seen_positive


class KLDivergence(MeanOverSamples):
    r"""Mean Kullback-Leibler divergence of the predicted from the true distribution over classes, in nats.

    $$\frac{1}{N} \sum_{i=1}^{N} \sum_{c=1}^{C} p_{ic} \log \frac{p_{ic}}{q_{ic}},
    \qquad p_i = \operatorname{softmax}(y_i), \quad q_i = \operatorname{softmax}(\hat{y}_i)$$

    $N$ counts samples, or samples times places. A class with $p_{ic} = 0$ adds nothing (NaN in Ignite). See
    `MeanOverSamples` for the arguments.

    Shapes:
        y_pred: `(N, C)` or `(N, C, ...)`, logits.
        y: the shape of `y_pred`, logits.
        result: float in `[0, ∞]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> divergence = KLDivergence()
        >>> divergence.update((torch.tensor([[0.0, 0.0]]), torch.tensor([[1000.0, 0.0]])))
        >>> round(divergence.compute(), 4)
        0.6931

    References:
        Kullback and Leibler, On Information and Sufficiency, 1951.
    """

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: the shapes differ, or there is no axis of classes.
        """
        y_pred, y = self.take_pair(output)
        if y_pred.shape != y.shape:
            raise ValueError(
                f"`y_pred` and `y` should have one shape, got {tuple(y_pred.shape)} and {tuple(y.shape)}. "
                "Both are logits: bring them together in an `output_transform`."
            )
        y_pred, y = class_rows(y_pred), class_rows(y)
        total = without_wait(self.plain_values(y_pred, y).sum(dtype=self.double_dtype)) if y_pred.is_cpu else math.nan
        if isinstance(total, Tensor) or math.isnan(total):  # elsewhere, or perhaps of a class of probability 0
            total = without_wait(self.values(y_pred, y).sum(dtype=self.double_dtype))
        self._sum = self._sum + total
        self._num_examples += y.shape[0]

    def plain_values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """`values` in less time, but NaN for a class of probability 0."""
        log_p = y.log_softmax(1)
        return (log_p - y_pred.log_softmax(1)).mul_(log_p.exp())

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """What the classes add to the divergence."""
        return divergences(y.log_softmax(1), y_pred.log_softmax(1))


def divergences(log_p: Tensor, log_q: Tensor) -> Tensor:
    """What each class adds to the divergence of `q` from `p`; one of probability 0 in `p` adds nothing."""
    p = log_p.exp()
    added = (log_p - log_q).mul_(p)
    return added if is_seen_positive(p) else torch.where(p == 0, p, added)
