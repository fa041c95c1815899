"""The Dice coefficient, from a confusion matrix."""

from torch import Tensor

from . import confusion_matrix as where_ignite_has_it
from .confusion_matrix import ConfusionMatrix
from .iou import check_counts, share, without
from .metrics_lambda import MetricsLambda


def DiceCoefficient(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    r"""Dice coefficient of each class; the F1 score by another name.

    $$\text{Dice}_c = \frac{2\,TP_c}{2\,TP_c + FP_c + FN_c}$$

    A class that neither occurs nor was predicted has 0.

    Shapes:
        result: `(C,)` float64 in `[0, 1]`, higher is better; without the ignored class.

    Args:
        cm: counts, with `average=None` or "samples".
        ignore_index: a class to leave out.

    Raises:
        TypeError: `cm` is no `ConfusionMatrix`.
        ValueError: `cm` is normalised by class, or has no class `ignore_index`.

    Example:
        >>> import torch
        >>> dice = DiceCoefficient(ConfusionMatrix(num_classes=2))
        >>> dice.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 1])))
        >>> dice.compute().tolist()
        [1.0, 1.0]
    """
    check_counts(cm, ignore_index)
    return MetricsLambda(_dice, cm, ignore_index)


def _dice(counts: Tensor, ignore_index: int | None) -> Tensor:
    return without(share(2 * counts.diagonal(), counts.sum(0) + counts.sum(1)), ignore_index)


setattr(where_ignite_has_it, DiceCoefficient.__name__, DiceCoefficient)
