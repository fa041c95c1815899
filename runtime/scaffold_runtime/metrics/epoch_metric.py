"""A metric of all predictions and targets at once, by a function that is given."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from torch import Tensor

from .machinery.pair_collection import PairCollection
from .metric import MetricOptions, identity


class EpochMetricWarning(UserWarning):
    """A function could not compute its metric from a first batch."""


class EpochMetric(PairCollection):
    """What a function makes of all predictions and targets.

    They stay on the device until `reset`, and are gathered from all processes, each of which computes.

    Shapes:
        y_pred: `(N,)` or `(N, C)`; `(N, 1)` is taken for `(N,)`.
        y: `(N,)` or `(N, C)`; `(N, 1)` is taken for `(N,)`.
        result: what `compute_fn` gives.

    Args:
        compute_fn: gets all `y_pred` and all `y`.
        check_compute_fn: try it on the first batch, and warn if it fails; the host may wait for the device then.
        output_transform, options: as in `Metric`.

    Raises:
        TypeError: `compute_fn` is not callable.
        ValueError: a shape is not as said above, or another than before.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> def largest_error(y_pred: Tensor, y: Tensor) -> float:
        ...     return (y_pred - y).abs().max().item()
        >>> metric = EpochMetric(largest_error)
        >>> metric.update((torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])))
        >>> metric.compute()
        2.0
    """

    def __init__(
        self,
        compute_fn: Callable[[Tensor, Tensor], Any],
        output_transform: Callable[[Any], Any] = identity,
        check_compute_fn: bool = True,
        **options: Unpack[MetricOptions],
    ) -> None:
        if not callable(compute_fn):
            raise TypeError(f"`compute_fn` should be callable, got {compute_fn!r}.")
        super().__init__(output_transform, **options)
        self.compute_fn = compute_fn
        self._check_compute_fn = check_compute_fn

    def update(self, output: Sequence[Tensor]) -> None:
        """Keeps a copy of a batch `(y_pred, y)`."""
        y_pred, y = self.take_pair(output)
        if not (1 <= y_pred.ndim <= 2 and 1 <= y.ndim <= 2 and y_pred.shape[0] == y.shape[0]):
            raise ValueError(
                f"`y_pred` and `y` should be (N,) or (N, C), got {tuple(y_pred.shape)} and {tuple(y.shape)}."
            )
        is_tried = self._check_compute_fn and y.shape[0] > 0 and not any(part.shape[0] for part in self._predictions)
        self.keep(_flat(y_pred).clone(), _flat(y).clone())
        if is_tried:
            self._try(self._predictions[-1], self._targets[-1])

    def compute(self) -> Any:
        """What the function makes of them."""
        return self.compute_fn(*self.collected())

    def _try(self, y_pred: Tensor, y: Tensor) -> None:
        try:
            self.compute_fn(y_pred, y)
        except Exception as error:
            warnings.warn(
                f"`compute_fn` failed on the first batch, of shapes {tuple(y_pred.shape)} and {tuple(y.shape)}: "
                f"{error}. It may do so on all of them.",
                EpochMetricWarning,
                stacklevel=3,
            )


def _flat(tensor: Tensor) -> Tensor:
    return tensor.squeeze(1) if tensor.ndim == 2 and tensor.shape[1] == 1 else tensor
