"""The Hilbert-Schmidt independence criterion."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.gaussian_kernel import gaussian, off_diagonal, squared_distances
from .machinery.median import median
from .metric import Metric, MetricOptions, identity


class HSIC(Metric):
    r"""How far features and targets are from independent: the Hilbert-Schmidt independence criterion.

    $$\frac{1}{B(B-3)} \left[\operatorname{tr}(KL) + \frac{\mathbf{1}^\top K \mathbf{1} \mathbf{1}^\top L \mathbf{1}}
    {(B-1)(B-2)} - \frac{2}{B-2} \mathbf{1}^\top K L \mathbf{1}\right]$$

    with $K$ and $L$ the Gaussian kernels within `y_pred` and `y`, without their diagonals, and $B$ the size of a
    batch. The estimate is unbiased, so that batches' estimates may be averaged; only the average is kept from being
    negative (Ignite raises each estimate to 0, and so the average).

    Shapes:
        y_pred: `(N, ...)`.
        y: `(N, ...)`.
        result: float in `[0, ∞)`; about 0 if and only if both are independent.

    Args:
        sigma_x: of the kernel within `y_pred`; if negative, for each batch the root of the median squared distance.
        sigma_y: of the kernel within `y`, likewise.
        ignore_invalid_batch: leave batches of fewer than four samples out, rather than raise an error.
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first batch of four samples.

    Example:
        >>> x = torch.arange(50.0).reshape(10, 5)
        >>> criterion = HSIC()
        >>> criterion.update((x, torch.sin(x * torch.pi / 25)))
        >>> round(criterion.compute(), 4)
        0.0923

    References:
        Song et al., Feature Selection via Dependence Maximization, 2012.
    """

    _sum: Tensor
    _num_batches: int

    def __init__(
        self,
        sigma_x: float = -1,
        sigma_y: float = -1,
        ignore_invalid_batch: bool = True,
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(output_transform, **options)
        self.sigma_x = sigma_x
        self.sigma_y = sigma_y
        self.ignore_invalid_batch = ignore_invalid_batch
        self.add_state("_sum", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("_num_batches", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds the estimate of a batch `(y_pred, y)`.

        Raises:
            ValueError: the numbers of samples differ, or are below four and not ignored.
        """
        y_pred, y = self.take_pair(output)
        if y_pred.ndim == 0 or y_pred.shape[:1] != y.shape[:1]:
            raise ValueError(
                "`y_pred` and `y` should be (N, ...) of equally many samples, "
                f"got {tuple(y_pred.shape)} and {tuple(y.shape)}. Bring them together in an `output_transform`."
            )
        if y.shape[0] >= 4:
            self._sum.add_(_estimate(self._kernel(y_pred, self.sigma_x), self._kernel(y, self.sigma_y)))
            self._num_batches += 1
        elif not self.ignore_invalid_batch:
            raise ValueError(
                f"A batch should have four samples or more, got {y.shape[0]}. "
                "Set `ignore_invalid_batch=True` to leave such batches out."
            )

    def compute(self) -> float:
        """The mean of the batches' estimates."""
        if self._num_batches == 0:
            raise NotComputableError("HSIC has seen no batch of four samples. Call `update` before `compute`.")
        return (self._sum / self._num_batches).clamp(min=0).item()

    def _kernel(self, features: Tensor, sigma: float) -> Tensor:
        rows = features.reshape(len(features), -1).to(self.double_dtype)
        distances = squared_distances(rows, rows)
        return off_diagonal(gaussian(distances, median(distances) if sigma < 0 else sigma**2))


def _estimate(left: Tensor, right: Tensor) -> Tensor:
    """The criterion from two kernels `(B, B)` without diagonals; their product is summed but never made."""
    size = len(left)
    left_sums, right_sums = left.sum(1), right.sum(1)
    independent = left_sums.sum() * right_sums.sum() / ((size - 1) * (size - 2))
    mixed = (left_sums * right_sums).sum() * 2 / (size - 2)
    return ((left * right).sum() + independent - mixed) / (size * (size - 3))
