"""The maximum mean discrepancy."""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.tensor_parts import is_seen_positive
from .metric import Metric, MetricOptions, identity


class MaximumMeanDiscrepancy(Metric):
    r"""How far apart two distributions are, from samples of both: the maximum mean discrepancy.

    $$\operatorname{MMD}^2 = \frac{1}{B(B-1)} \sum_{i \ne j} k(x_i, x_j) + \frac{1}{B(B-1)} \sum_{i \ne j} k(y_i, y_j)
    - \frac{2}{B^2} \sum_{i, j} k(x_i, y_j), \qquad k(a, b) = e^{-\lVert a - b \rVert^2 / 2 \sigma^2}$$

    with $B$ the size of a batch. Batches' estimates are averaged before the root is taken.

    Shapes:
        y_pred: `(N, D)` or `(N, ...)`, samples $x$ of one distribution.
        y: the shape of `y_pred`, samples of the other.
        result: float in `[0, √2]`.

    Args:
        var: $\sigma^2$ of the kernel.
        output_transform, options: as in `Metric`.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> discrepancy = MaximumMeanDiscrepancy()
        >>> discrepancy.update((torch.tensor([[0.0], [0.0]]), torch.tensor([[100.0], [100.0]])))
        >>> round(discrepancy.compute(), 4)
        1.4142

    References:
        Gretton et al., A Kernel Two-Sample Test, 2012.
    """

    _sum: Tensor
    _num_batches: int

    def __init__(
        self, var: float = 1.0, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]
    ) -> None:
        super().__init__(output_transform, **options)
        self.var = var
        self.add_state("_sum", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("_num_batches", 0, reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds the estimate of a batch `(x, y)`.

        Raises:
            ValueError: the shapes differ, have one axis only, or there is a single sample.
        """
        x, y = self.take_pair(output)
        if x.shape != y.shape or x.ndim < 2 or x.shape[0] < 2:
            raise ValueError(
                "`x` and `y` should be (N, ...) of one shape, with two samples or more, "
                f"got {tuple(x.shape)} and {tuple(y.shape)}. Bring them together in an `output_transform`."
            )
        size = len(x)
        # Exponents are products of rows; about one of them, so that they are not large where distances are small.
        samples = torch.cat((x, y)).flatten(1).to(self.double_dtype)
        samples = (samples - samples[:1]) / self.var**0.5
        halves, ones = samples.square().sum(1, keepdim=True) / -2, samples.new_ones(2 * size, 1)
        # In single precision, exponents are off by a millionth of the squares, which has to be little.
        is_single = x.dtype != torch.float64 and is_seen_positive(halves + _SMALL_SQUARES)
        dtype = torch.float32 if is_single else self.double_dtype
        left, right = torch.cat((samples, halves, ones), 1).to(dtype), torch.cat((samples, ones, halves), 1).to(dtype).T
        within = _apart(left[:size] @ right[:, :size]) + _apart(left[size:] @ right[:, size:])
        between = _kernel(left[:size] @ right[:, size:]).sum(dtype=samples.dtype)
        self._sum.add_(within / (size * (size - 1)) - between * 2 / size**2)
        self._num_batches += 1

    def compute(self) -> float:
        """The root of the mean of the batches' estimates."""
        if self._num_batches == 0:
            raise NotComputableError("MaximumMeanDiscrepancy has seen no batch. Call `update` before `compute`.")
        return (self._sum / self._num_batches).clamp(min=0).sqrt().item()


_SMALL_SQUARES = 50.0


def _kernel(exponents: Tensor) -> Tensor:
    """The kernel's values; no distance is below 0, wherever rounding has led."""
    return exponents.clamp_(max=0).exp_()


def _apart(exponents: Tensor) -> Tensor:
    """The sum of the kernel's values of different samples, in double precision where there is one."""
    kernel, dtype = _kernel(exponents), torch.float32 if exponents.device.type == "mps" else torch.float64
    return kernel.sum(dtype=dtype) - kernel.diagonal().sum(dtype=dtype)
