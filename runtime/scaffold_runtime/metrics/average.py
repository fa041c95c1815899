"""The average of a variable."""

from collections.abc import Callable
from typing import Any, Unpack

import torch
from torch import Tensor

from ..exceptions import NotComputableError
from .metric import Metric, MetricOptions, identity


class Average(Metric):
    """Arithmetic mean of a variable.

    Shapes:
        output: a number, or a tensor `(N, ...)`; a number and a tensor with fewer than two axes count as one sample.
        result: `(...)` float64; a number in `engine.state.metrics`.

    Args:
        output_transform, options: as in `Metric`.

    Raises:
        TypeError: the output is neither a number nor a tensor.
        ValueError: a sample is of another shape than those before.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> average = Average()
        >>> average.update(1.0)
        >>> average.update(torch.tensor(4.0))
        >>> average.compute().item()
        2.5
        >>> by_column = Average()
        >>> by_column.update(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        >>> by_column.compute().tolist()
        [2.0, 4.0]
    """

    required_output_keys = None

    accumulator: Tensor
    num_examples: int

    def __init__(self, output_transform: Callable[[Any], Any] = identity, **options: Unpack[MetricOptions]) -> None:
        super().__init__(output_transform, **options)
        # Takes the shape of the samples; a process without one adds nothing to the others'.
        self.add_state("accumulator", torch.tensor(0.0, dtype=torch.float64), reduce="sum")
        self.add_state("num_examples", 0, reduce="sum")

    def update(self, output: Tensor | float) -> None:
        """Adds a number or a tensor."""
        self.add(widened(self, output, self.accumulator))

    def add(self, added: Tensor | float) -> None:
        """Adds what is in double precision."""
        num_examples = 1
        if isinstance(added, Tensor):
            if added.ndim > 1:
                added, num_examples = added.sum(0), added.shape[0]
            before = self.accumulator.shape
            if before and added.ndim > 0 and added.shape != before:
                raise ValueError(
                    f"Samples should be of one shape, got {tuple(added.shape)} after {tuple(before)}. "
                    "A tensor with one axis is a single sample: give numbers as (N, 1)."
                )
        self.accumulator = self.accumulator + added
        self.num_examples += num_examples

    def compute(self) -> Tensor:
        """The sum by the number of samples."""
        if self.num_examples == 0:
            raise NotComputableError(f"{type(self).__name__} has seen no sample. Call `update` before `compute`.")
        return self.accumulator / self.num_examples


def widened(metric: Metric, value: Tensor | float, held: Tensor) -> Tensor | float:
    """A number as it is; a tensor without its graph, on the device of what the metric holds, in double precision.

    Raises:
        TypeError: it is neither.
    """
    if not isinstance(value, (Tensor, int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise TypeError(
            f"{type(metric).__name__} takes a number or a tensor, got {type(value).__name__}. "
            "Give it an `output_transform` that picks one."
        )
    if not isinstance(value, Tensor):
        return value
    if value.requires_grad or value.device != held.device:
        (value,) = metric.take(value)
    return value.float() if value.device.type == "mps" else value.double()
