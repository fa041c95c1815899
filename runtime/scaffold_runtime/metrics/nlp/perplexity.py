"""How surprised a language model is."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ...exceptions import NotComputableError
from ..machinery.states import without_wait
from ..metric import Metric, identity


class Perplexity(Metric):
    r"""Among how many equally likely tokens the model might as well choose: the exponential of its mean loss.

    $$\text{PPL} = \exp \left( -\frac{1}{N} \sum_{i=1}^{N} \log P(w_i | w_1, \ldots, w_{i-1}) \right)$$

    Losses are summed over tokens in double precision and divided once, so a token weighs the same in every batch.

    Shapes:
        y_pred: `(N, C, ...)` float, logits, classes on axis 1: `(batch, vocabulary, length)` of a language model.
        y: `(N, ...)` int, the true tokens: `(batch, length)`.
        result: float in `[1, ∞)`, lower is better.

    Args:
        output_transform: as in `Metric`.
        device: as in `Metric`.
        ignore_index: tokens with this index count for nothing.

    Raises:
        ValueError: the shapes do not go together.
        NotComputableError: `compute` before the first token that is not ignored.

    Example:
        >>> perplexity = Perplexity()
        >>> perplexity.update((torch.zeros(2, 5, 3), torch.zeros(2, 3, dtype=torch.int64)))
        >>> round(perplexity.compute(), 4)
        5.0

    References:
        Jelinek et al., Perplexity - a measure of the difficulty of speech recognition tasks, 1977.
    """

    _sum: Tensor | float
    _num_tokens: Tensor | float

    def __init__(
        self,
        output_transform: Callable[[Any], Any] = identity,
        device: str | torch.device | None = None,
        ignore_index: int = -100,
    ) -> None:
        super().__init__(output_transform, device=device)
        self._ignore_index = ignore_index
        self.add_state("_sum", 0.0, reduce="sum")
        # On the device: how many tokens are ignored is known from values only.
        self.add_state("_num_tokens", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(y_pred, y)`."""
        y_pred, y = self.take_pair(output)
        if y.ndim == 0 or y_pred.ndim != y.ndim + 1 or (*y_pred.shape[:1], *y_pred.shape[2:]) != y.shape:
            raise ValueError(
                f"`y_pred` and `y` should be (N, C, ...) and (N, ...), got {tuple(y_pred.shape)} and "
                f"{tuple(y.shape)}. The vocabulary is on axis 1."
            )
        if y_pred.dtype.itemsize < 4:
            y_pred = y_pred.float()
        if y.dtype.is_floating_point:
            raise TypeError(f"`y` should hold the indices of tokens, integers, got {y.dtype}.")
        y = y.long()
        try:
            losses = cross_entropy(y_pred, y, reduction="none", ignore_index=self._ignore_index)
        except IndexError as error:  # on the CPU
            raise ValueError(
                f"Tokens should lie in [0, {y_pred.shape[1] - 1}], got values from {y.min()} to {y.max()}."
            ) from error
        self._sum = self._sum + without_wait(losses.sum(dtype=self.double_dtype))
        self._num_tokens = self._num_tokens + without_wait((y != self._ignore_index).count_nonzero())

    def compute(self) -> float:
        """The exponential of the mean loss; infinite where that is too large for a float."""
        num_tokens = int(self._num_tokens)
        if num_tokens == 0:
            raise NotComputableError("Perplexity has seen no token. Call `update` before `compute`.")
        return torch.tensor(float(self._sum) / num_tokens, dtype=torch.float64).exp().item()
