"""The Jensen-Shannon divergence of predicted and true distributions."""

import math

from torch import Tensor

from .kl_divergence import KLDivergence, divergences


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
        >>> import torch
        >>> divergence = JSDivergence()
        >>> divergence.update((torch.tensor([[0.0, 1000.0]]), torch.tensor([[1000.0, 0.0]])))
        >>> round(divergence.compute(), 4)
        0.6931

    References:
        Lin, Divergence Measures Based on the Shannon Entropy, 1991.
    """

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """What the classes add to the divergence."""
        log_p, log_q = y.log_softmax(1), y_pred.log_softmax(1)
        # Halved as a logarithm: half of the smallest number would be 0.
        log_mean = (log_p.exp() + log_q.exp()).log() - math.log(2)
        return (divergences(log_p, log_mean) + divergences(log_q, log_mean)) / 2
