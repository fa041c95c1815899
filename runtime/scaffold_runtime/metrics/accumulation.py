"""Accumulations of a variable, and its average."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .machinery.states import on_device
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

    accumulator: Tensor | None
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
        self.add_state("accumulator", None, reduce="sum")
        self.add_state("num_examples", 0, reduce="sum")

    def update(self, output: Tensor | float) -> None:
        """Accumulates a number or a tensor."""
        if not isinstance(output, (Tensor, int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(
                f"{type(self).__name__} takes a number or a tensor, got {type(output).__name__}. "
                "Give it an `output_transform` that picks one."
            )
        if isinstance(output, Tensor):
            output = self._widened(output)
        self.accumulator = self._op(self._accumulated(), output)
        self.num_examples += output.shape[0] if isinstance(output, Tensor) and output.ndim > 1 else 1

    def compute(self) -> Any:
        """The accumulated value and the number of samples."""
        return self._accumulated(), self.num_examples

    def _widened(self, value: Tensor) -> Tensor:
        if value.requires_grad or value.device != self._device:
            (value,) = self.take(value)
        return value if self._device.type == "mps" else value.double()

    def _accumulated(self) -> Tensor:
        if self.accumulator is None:
            return on_device(torch.tensor(0.0, dtype=torch.float64), self.device)
        return self.accumulator

    def _mean(self) -> Tensor:
        if self.num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return self._accumulated() / self.num_examples


class Average(VariableAccumulation):
    """Arithmetic mean of a variable.

    Shapes:
        output: a number, or a tensor `(N, ...)`; a number and a tensor with fewer than two axes count as one sample.
        result: float, or `(...)` float64.

    Args:
        output_transform, options: as in `Metric`.

    Raises:
        ValueError: a sample is of another shape than those before.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> average = Average()
        >>> average.update(1.0)
        >>> average.update(torch.tensor(4.0))
        >>> average.compute()
        2.5
        >>> by_column = Average()
        >>> by_column.update(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        >>> by_column.compute().tolist()
        [2.0, 4.0]
    """

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(_add, output_transform, **options)

    def compute(self) -> Tensor | float:
        """The sum by the number of samples."""
        return _number(self._mean())


class GeometricAverage(VariableAccumulation):
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

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(_add_logarithm, output_transform, **options)

    def compute(self) -> Tensor | float:
        """The exponential of the mean logarithm."""
        return _number(self._mean().exp())


def _add(total: Tensor, value: Tensor | float) -> Tensor:
    if not isinstance(value, Tensor):
        return total + value
    added = value.sum(0) if value.ndim > 1 else value
    if total.ndim > 0 and added.ndim > 0 and added.shape != total.shape:
        raise ValueError(
            f"Samples should be of one shape, got {tuple(added.shape)} after {tuple(total.shape)}. "
            "A tensor with one axis is a single sample: give numbers as (N, 1)."
        )
    return total + added


def _add_logarithm(total: Tensor, value: Tensor | float) -> Tensor:
    # Filled on the device: a number copied there would make the host wait.
    return _add(total, (value if isinstance(value, Tensor) else torch.full_like(total, value)).log())


def _number(tensor: Tensor) -> Tensor | float:
    return tensor.item() if tensor.ndim == 0 else tensor
