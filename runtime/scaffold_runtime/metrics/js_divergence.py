"""The Jensen-Shannon divergence of predicted and true distributions."""

import math

import torch
from torch import Tensor

from .kl_divergence import KLDivergence
from .machinery.tensor_parts import is_seen_positive


class JSDivergence(KLDivergence):
    r"""Mean Jensen-Shannon divergence of predicted and true distributions over classes, in nats.

    $$\frac{1}{N} \sum_{i=1}^{N} \frac{D(p_i \Vert m_i) + D(q_i \Vert m_i)}{2}, \qquad m_i = \frac{p_i + q_i}{2}$$

    with $D$ the divergence, and $p$ and $q$ the distributions, of `KLDivergence`. See `MeanOverSamples` for the
    arguments.

    Shapes:
        y_pred: `(N, C)` or `(N, C, ...)`, logits.
        y: the shape of `y_pred`, logits.
        result: float in `[0, log 2]`, lower is better.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> divergence = JSDivergence()
        >>> divergence.update((torch.tensor([[0.0, 1000.0]]), torch.tensor([[1000.0, 0.0]])))
        >>> round(divergence.compute(), 4)
        0.6931

    References:
        Lin, Divergence Measures Based on the Shannon Entropy, 1991.
    """

    def plain_values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """`values`, which are whole."""
        return self.values(y_pred, y)

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """What the classes add to the divergence."""
        log_p, log_q = y.log_softmax(1), y_pred.log_softmax(1)
        p, q = log_p.exp(), log_q.exp()
        # Halved as a logarithm: half of the smallest number would be 0.
        log_mean = (p + q).log_().sub_(math.log(2))
        added = (log_p - log_mean).mul_(p), (log_q - log_mean).mul_(q)
        if not (is_seen_positive(p) and is_seen_positive(q)):
            added = torch.where(p == 0, p, added[0]), torch.where(q == 0, q, added[1])
        return (added[0] + added[1]).div_(2)
