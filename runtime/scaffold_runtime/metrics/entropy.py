"""The entropy of predicted distributions."""

from collections.abc import Sequence

from torch import Tensor

from .machinery.class_distributions import class_rows, entropies
from .machinery.mean_over_samples import MeanOverSamples
from .machinery.outputs import wrong_batch


class Entropy(MeanOverSamples):
    r"""Mean entropy of the predicted distributions over classes, in nats.

    $$-\frac{1}{N} \sum_{i=1}^{N} \sum_{c=1}^{C} p_{ic} \log p_{ic}, \qquad p_i = \operatorname{softmax}(\hat{y}_i)$$

    $N$ counts samples, or samples times places. A class with a logit of -∞ adds nothing. See `MeanOverSamples` for
    the arguments.

    Shapes:
        y_pred: `(N, C)` or `(N, C, ...)`, logits.
        y: not used.
        result: float in `[0, log C]`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> entropy = Entropy()
        >>> entropy.update((torch.tensor([[0.0, 0.0], [0.0, -1000.0]]), torch.tensor([0, 1])))
        >>> round(entropy.compute(), 4)
        0.3466

    References:
        Shannon, A Mathematical Theory of Communication, 1948.
    """

    required_output_keys = ("y_pred",)

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`.

        Raises:
            ValueError: there is no axis of classes.
        """
        if not isinstance(output, (tuple, list)):  # pyright: ignore[reportUnnecessaryIsInstance]  # of an engine
            raise wrong_batch(output, "y_pred", "y")
        rows = class_rows(output[0])
        super().update((rows, rows))

    def values(self, y_pred: Tensor, y: Tensor) -> Tensor:
        """What the classes add to the entropy."""
        return entropies(y_pred.softmax(1))
