"""Sequences for metrics of labels, as Ignite has them: a static method of each of those metrics.

It is installed when this module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from torch import Tensor

from ..mean_average_precision import MeanAveragePrecision
from ..metric import identity
from .classification_metric import ClassificationMetric


def get_sequence_transform(
    ignore_index: int | Iterable[int] | None = None, output_transform: Callable[[Any], Any] = identity
) -> Callable[[Any], tuple[Tensor, Tensor]]:
    """An `output_transform` for sequences `(N, S, C)` and `(N, S)`: the places of all of them, one after the other.

    Args:
        ignore_index: classes of which no sample is kept, padding or others; the host waits for the device then. Where
            there is one, the metrics' own `ignore_index` does without.
        output_transform: applied before, to give `(y_pred, y)`.
    """
    ignored = () if ignore_index is None else (ignore_index,) if isinstance(ignore_index, int) else tuple(ignore_index)
    return partial(_places, ignored, output_transform)


def _places(
    ignored: tuple[int, ...], output_transform: Callable[[Any], tuple[Tensor, Tensor]], output: Any
) -> tuple[Tensor, Tensor]:
    y_pred, y = output_transform(output)
    if y_pred.ndim != 3 or y_pred.shape[:2] != y.shape:
        raise ValueError(f"`y_pred` and `y` should be (N, S, C) and (N, S), got {(*y_pred.shape,)} and {(*y.shape,)}.")
    y_pred, y = y_pred.flatten(0, 1), y.flatten()
    for index in ignored:
        y_pred, y = y_pred[y != index], y[y != index]
    return y_pred, y


for metric in (ClassificationMetric, MeanAveragePrecision):
    setattr(metric, get_sequence_transform.__name__, staticmethod(get_sequence_transform))
