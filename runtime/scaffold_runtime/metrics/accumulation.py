"""Accumulations of a variable; its average has a file of its own."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from .average import Average as Average
from .average import widened
from .metric import Metric, MetricOptions, identity


class VariableAccumulation(Metric):
    """A variable, accumulated by a function of your own.

    Shapes:
        output: a number, or a tensor `(N, ...)`; a number and a tensor with fewer than two axes count as one sample.
        result: the accumulated value, `(...)` float64, and the number of samples.

    Args:
        op: `op(accumulator, x)` gives the new accumulator; processes' accumulators are added.
        output_transform, options: as in `Metric`.

    Raises:
        TypeError: `op` is not callable, or the output is neither a number nor a tensor.

    Example:
        >>> squares = VariableAccumulation(lambda total, x: total + x**2)
        >>> squares.update(3.0)
        >>> squares.update(4.0)
        >>> squares.compute()
        (tensor(25., dtype=torch.float64), 2)
    """

    required_output_keys = None

    accumulator: Tensor
    num_examples: int

    def __init__(
        self,
        op: Callable[[Tensor, Any], Tensor],
        output_transform: Callable[[Any], Any] = identity,
        **options: Unpack[MetricOptions],
    ) -> None:
        if not callable(op):
            raise TypeError(f"`op` should be a callable of (accumulator, x), got {op!r}.")
        super().__init__(output_transform, **options)
        self._op = op
        self.add_state("accumulator", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("num_examples", 0, reduce="sum")

    def update(self, output: Tensor | float) -> None:
        """Accumulates a number or a tensor."""
        value = widened(self, output, self.accumulator)
        self.accumulator = self._op(self.accumulator, value)
        self.num_examples += value.shape[0] if isinstance(value, Tensor) and value.ndim > 1 else 1

    def compute(self) -> Any:
        """The accumulated value and the number of samples."""
        return self.accumulator, self.num_examples


class GeometricAverage(Average):
    r"""Geometric mean of a positive variable.

    $$\left(\prod_{i=1}^{N} x_i\right)^{1/N} = \exp\left(\frac{1}{N}\sum_{i=1}^{N} \log x_i\right)$$

    The sum of logarithms neither overflows nor vanishes as the product would.

    Shapes:
        output: a number, or a tensor `(N, ...)`; a number and a tensor with fewer than two axes count as one sample.
        result: float, or `(...)` float64; 0 where a value was 0, NaN where one was negative.

    Args:
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: a sample is of another shape than those before.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> average = GeometricAverage()
        >>> average.update(1.0)
        >>> average.update(4.0)
        >>> round(average.compute(), 4)
        2.0
    """

    def update(self, output: Tensor | float) -> None:
        """Adds the logarithm of a number or a tensor."""
        # Of a number on the host too: where `math` has no logarithm, torch has one.
        self.add(torch.as_tensor(widened(self, output, self.accumulator), dtype=self.double_dtype).log())

    def compute(self) -> Any:
        """The exponential of the mean logarithm."""
        mean = super().compute().exp()
        return mean.item() if mean.ndim == 0 else mean
