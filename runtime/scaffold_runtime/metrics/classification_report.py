"""Precision, recall and F-beta of every class, in one report."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .fbeta import harmonic_mean
from .metric import ResultMode, identity
from .metrics_lambda import MetricsLambda
from .precision import Precision
from .recall import Recall


def ClassificationReport(
    beta: float = 1,
    output_dict: bool = False,
    output_transform: Callable[[Any], Any] = identity,
    device: str | torch.device | None = None,
    is_multilabel: bool = False,
    labels: Sequence[str] | None = None,
    metrics_result_mode: ResultMode = "both",
    *,
    ignore_index: int | None = None,
) -> MetricsLambda:
    """Precision, recall and F-beta of each class, of binary data too, and "macro avg", their means over classes.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: for each class a dict of floats in `[0, 1]`; as JSON text, unless a dict is asked for.

    Args:
        beta: how many times as much recall counts as precision.
        output_dict: gives a dict.
        output_transform: as in `Metric`.
        device: as in `Metric`.
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        labels: names of the classes, in order; their numbers unless given.
        metrics_result_mode: as in `Metric`.
        ignore_index: as in `Precision`.

    Raises:
        ValueError: `beta` is not positive; `labels` name a class twice, or one "macro avg"; or, in `compute`, there are
            not as many of them as classes.
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> report = ClassificationReport(output_dict=True, labels=["cat", "dog"])
        >>> report.update((torch.tensor([1, 0, 1]), torch.tensor([1, 0, 0])))
        >>> report.compute()["dog"]["precision"]
        0.5
    """
    if beta <= 0:
        raise ValueError(f"`beta` should be positive, got {beta}.")
    names = None if labels is None else list(labels)
    if names is not None and len({*names, "macro avg"}) <= len(names):
        raise ValueError(f"`labels` should name each class once, and none of them 'macro avg', got {names}.")
    given: dict[str, Any] = {"is_multilabel": is_multilabel, "device": device, "ignore_index": ignore_index}
    return MetricsLambda(
        _report,
        Precision(output_transform, None, **given),
        Recall(output_transform, None, **given),
        beta,
        names,
        output_dict,
        metrics_result_mode=metrics_result_mode,
    )


def _report(
    precision: Tensor, recall: Tensor, beta: float, labels: list[str] | None, output_dict: bool
) -> dict[str, dict[str, float]] | str:
    names = [str(index) for index in range(len(precision))] if labels is None else labels
    if len(names) != len(precision):
        raise ValueError(f"`labels` should name {len(precision)} classes, got {names}.")
    columns = {"precision": precision, "recall": recall, f"f{beta}-score": harmonic_mean(precision, recall, beta)}
    rates = {title: torch.as_tensor(values) for title, values in columns.items()}
    report = {
        name: {title: values[index].item() for title, values in rates.items()} for index, name in enumerate(names)
    }
    report["macro avg"] = {title: values.mean().item() for title, values in rates.items()}
    return report if output_dict else json.dumps(report)
