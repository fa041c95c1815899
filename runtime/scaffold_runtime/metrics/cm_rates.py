"""Accuracy, precision and recall, from a confusion matrix."""

from torch import Tensor

from . import confusion_matrix as where_ignite_has_them
from .confusion_matrix import ConfusionMatrix
from .fbeta import check_is_bool
from .iou import check_counts, share
from .metric import Metric
from .metrics_lambda import MetricsLambda


def cmAccuracy(cm: ConfusionMatrix) -> MetricsLambda:
    """Share of the samples on the diagonal.

    Example:
        >>> import torch
        >>> accuracy = cmAccuracy(ConfusionMatrix(num_classes=2))
        >>> accuracy.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 0])))
        >>> accuracy.compute().item()
        0.5
    """
    check_counts(cm, None)
    return MetricsLambda(_accuracy, cm)


def cmPrecision(cm: ConfusionMatrix, average: bool = True) -> Metric:
    """Precision of each class, `(C,)` float64, or their mean.

    Raises:
        ValueError: `average` is no bool.

    Example:
        >>> import torch
        >>> precision = cmPrecision(ConfusionMatrix(num_classes=2), average=False)
        >>> precision.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 0])))
        >>> precision.compute().tolist()
        [1.0, 0.0]
    """
    check_counts(cm, None)
    check_is_bool(average)
    precision = MetricsLambda(_precision, cm)
    return precision.mean() if average else precision


def cmRecall(cm: ConfusionMatrix, average: bool = True) -> Metric:
    """Recall of each class, `(C,)` float64, or their mean.

    Raises:
        ValueError: `average` is no bool.

    Example:
        >>> import torch
        >>> recall = cmRecall(ConfusionMatrix(num_classes=2), average=False)
        >>> recall.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 0])))
        >>> recall.compute().tolist()
        [0.5, 0.0]
    """
    check_counts(cm, None)
    check_is_bool(average)
    recall = MetricsLambda(_recall, cm)
    return recall.mean() if average else recall


def _accuracy(counts: Tensor) -> Tensor:
    return share(counts.diagonal().sum(), counts.sum())


def _precision(counts: Tensor) -> Tensor:
    return share(counts.diagonal(), counts.sum(0))


def _recall(counts: Tensor) -> Tensor:
    return share(counts.diagonal(), counts.sum(1))


for function in (cmAccuracy, cmPrecision, cmRecall):
    setattr(where_ignite_has_them, function.__name__, function)
