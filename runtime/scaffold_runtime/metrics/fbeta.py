"""The weighted harmonic mean of precision and recall."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .metric import Metric, identity
from .metrics_lambda import MetricsLambda
from .precision import Precision
from .recall import Recall


def Fbeta(
    beta: float,
    average: bool = True,
    precision: Precision | None = None,
    recall: Recall | None = None,
    output_transform: Callable[[Any], Any] | None = None,
    device: str | torch.device | None = None,
    *,
    ignore_index: int | None = None,
) -> Metric:
    r"""F-beta score of each class, or its mean over classes.

    $$F_\beta = (1 + \beta^2) \frac{\text{precision} \cdot \text{recall}}
    {\beta^2 \cdot \text{precision} + \text{recall}}$$

    A class with neither precision nor recall has 0.

    Shapes:
        result: float in `[0, 1]`, higher is better; `(C,)` float64 where the classes are not averaged.

    Args:
        beta: how many times as much recall counts as precision.
        average: the mean over classes; of binary data there is one value anyway.
        precision: computed with `average=False`, to share one that is there already.
        recall: computed with `average=False`, to share one that is there already.
        output_transform: as in `Metric`, of the precision and recall made here.
        device: as in `Metric`, of the precision and recall made here.
        ignore_index: as in `Precision`, of the precision and recall made here.

    Raises:
        TypeError: `precision` is no `Precision`, or `recall` no `Recall`.
        ValueError: `beta` is not positive; `average` is no bool; a given metric averages its classes, or does not read
            batches as the other one does; or `output_transform`, `device` or `ignore_index` is given where neither
            precision nor recall is made here.

    Example:
        >>> f1 = Fbeta(beta=1.0)
        >>> f1.update((torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), torch.tensor([0, 0, 1])))
        >>> round(f1.compute(), 4)
        0.6667
    """
    if beta <= 0:
        raise ValueError(f"`beta` should be positive, got {beta}.")
    check_is_bool(average)
    if precision is not None and recall is not None and (output_transform, device, ignore_index) != (None, None, None):
        raise ValueError(
            "`output_transform`, `device` and `ignore_index` are those of the given `precision` and `recall`."
        )
    given: dict[str, Any] = {"average": False, "device": device, "ignore_index": ignore_index}
    precision = Precision(output_transform or identity, **given) if precision is None else precision
    recall = Recall(output_transform or identity, **given) if recall is None else recall
    for metric, kind in ((precision, Precision), (recall, Recall)):
        if not isinstance(metric, kind):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`{kind.__name__.lower()}` should be a {kind.__name__}, got {type(metric).__name__}.")
        if metric.average is not False:
            raise ValueError(
                f"{type(metric).__name__} should have `average=False` to be combined by class, got {metric.average!r}."
            )
    if _reading(precision) != _reading(recall):
        raise ValueError(
            "`precision` and `recall` should read batches alike, with the same `is_multilabel` and `ignore_index`. "
            "Give both of them."
        )
    fbeta = MetricsLambda(harmonic_mean, precision, recall, beta)
    return fbeta.mean().item() if average else fbeta


def _reading(metric: Precision | Recall) -> list[Any]:
    """What decides which labels it takes from a batch."""
    return [vars(metric)[name] for name in ("_is_multilabel", "_ignore_index")]


def check_is_bool(average: bool) -> None:
    """Sees that nobody means an average that there is not, "weighted" or another.

    Raises:
        ValueError: it is no bool.
    """
    if average not in (True, False):
        raise ValueError(f"`average` should be True, for the mean over classes, or False, got {average!r}.")


def harmonic_mean(precision: Tensor | float, recall: Tensor | float, beta: float) -> Tensor | float:
    """Of precision and recall, which counts `beta` times as much; 0 where both are 0."""
    numerator = (1 + beta**2) * precision * recall
    denominator = beta**2 * precision + recall
    # Where the denominator is 0 so is the numerator.
    return numerator / (denominator + (denominator == 0))
