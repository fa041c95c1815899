"""Arithmetic with metrics: what is computed from metrics is a metric."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from ..metrics_lambda import MetricsLambda


class MetricArithmetic:
    """The operators of `Metric`; the other operand is a metric or a constant.

    Example:
        >>> import torch
        >>> from scaffold_runtime.metrics import Accuracy
        >>> error = 100 * (1 - Accuracy())
        >>> error.update((torch.tensor([1, 0, 1, 1]), torch.tensor([1, 0, 0, 1])))
        >>> error.compute()
        25.0
    """

    def _derived(self, function: str | Callable[..., Any], *arguments: Any) -> MetricsLambda:
        from ..metrics_lambda import MetricsLambda

        # By name: the types of `operator`'s functions are partly unknown.
        return MetricsLambda(getattr(operator, function) if isinstance(function, str) else function, *arguments)

    def __add__(self, other: Any) -> MetricsLambda:
        return self._derived("add", self, other)

    def __radd__(self, other: Any) -> MetricsLambda:
        return self._derived("add", other, self)

    def __sub__(self, other: Any) -> MetricsLambda:
        return self._derived("sub", self, other)

    def __rsub__(self, other: Any) -> MetricsLambda:
        return self._derived("sub", other, self)

    def __mul__(self, other: Any) -> MetricsLambda:
        return self._derived("mul", self, other)

    def __rmul__(self, other: Any) -> MetricsLambda:
        return self._derived("mul", other, self)

    def __pow__(self, other: Any) -> MetricsLambda:
        return self._derived("pow", self, other)

    def __rpow__(self, other: Any) -> MetricsLambda:
        return self._derived("pow", other, self)

    def __mod__(self, other: Any) -> MetricsLambda:
        return self._derived("mod", self, other)

    def __truediv__(self, other: Any) -> MetricsLambda:
        return self._derived("truediv", self, other)

    def __rtruediv__(self, other: Any) -> MetricsLambda:
        return self._derived("truediv", other, self)

    def __floordiv__(self, other: Any) -> MetricsLambda:
        return self._derived("floordiv", self, other)

    def __neg__(self) -> MetricsLambda:
        return self._derived("neg", self)

    def __getitem__(self, index: Any) -> MetricsLambda:
        return self._derived("getitem", self, index)

    # `__getitem__` alone would make a metric iterable, without end.
    __iter__ = None

    def mean(self) -> MetricsLambda:
        """The mean of the value, as a metric."""
        return self._derived(_mean, self)

    def sum(self) -> MetricsLambda:
        """The sum of the value, as a metric."""
        return self._derived(_sum, self)

    def item(self) -> MetricsLambda:
        """The value as a Python number, as a metric."""
        return self._derived(_item, self)


def _mean(value: Any) -> Any:
    return value.mean() if isinstance(value, Tensor) else value


def _sum(value: Any) -> Any:
    return value.sum() if isinstance(value, Tensor) else value


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value
