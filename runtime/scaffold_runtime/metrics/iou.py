"""Intersection over union, from a confusion matrix."""

import torch
from torch import Tensor

from . import confusion_matrix as where_ignite_has_them
from .confusion_matrix import ConfusionMatrix
from .metric import Metric
from .metrics_lambda import MetricsLambda


def IoU(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    r"""Intersection over union of each class; also known as the Jaccard index.

    $$\text{IoU}_c = \frac{TP_c}{TP_c + FP_c + FN_c}$$

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
        >>> cm = ConfusionMatrix(num_classes=2)
        >>> iou = IoU(cm)
        >>> iou.update((torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), torch.tensor([0, 0, 1])))
        >>> iou.compute().tolist()
        [0.5, 0.5]
    """
    check_counts(cm, ignore_index)
    return MetricsLambda(_iou, cm, ignore_index)


def mIoU(cm: ConfusionMatrix, ignore_index: int | None = None) -> Metric:
    """The mean of `IoU` over classes; see there.

    Example:
        >>> cm = ConfusionMatrix(num_classes=2)
        >>> miou = mIoU(cm)
        >>> miou.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 1])))
        >>> miou.compute().item()
        1.0
    """
    return IoU(cm, ignore_index).mean()


def JaccardIndex(cm: ConfusionMatrix, ignore_index: int | None = None) -> MetricsLambda:
    """`IoU` by its other name; see there.

    Example:
        >>> cm = ConfusionMatrix(num_classes=2)
        >>> index = JaccardIndex(cm, ignore_index=0)
        >>> index.update((torch.tensor([[0.9, 0.1], [0.2, 0.8]]), torch.tensor([0, 1])))
        >>> index.compute().tolist()
        [1.0]
    """
    return IoU(cm, ignore_index)


def check_counts(cm: ConfusionMatrix, ignore_index: int | None) -> None:
    """Sees that the matrix can be divided by class.

    Raises:
        TypeError: `cm` is no `ConfusionMatrix`.
        ValueError: `cm` is normalised by class, or has no class `ignore_index`.
    """
    if not isinstance(cm, ConfusionMatrix):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise TypeError(f"`cm` should be a ConfusionMatrix, got {type(cm).__name__}.")
    if cm.average not in (None, "samples"):
        raise ValueError(f"`cm` should have `average` None or 'samples', got {cm.average!r}.")
    if ignore_index is not None and ignore_index not in range(cm.num_classes):
        raise ValueError(f"`ignore_index` should lie in [0, {cm.num_classes - 1}], got {ignore_index!r}.")


def without(values: Tensor, ignore_index: int | None) -> Tensor:
    """The values of the other classes."""
    if ignore_index is None:
        return values
    return torch.cat((values[:ignore_index], values[ignore_index + 1 :]))


def _iou(counts: Tensor, ignore_index: int | None) -> Tensor:
    hits = counts.diagonal()
    return without(share(hits, counts.sum(0) + counts.sum(1) - hits), ignore_index)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """`part / whole`, 0 where there is no whole; of counts or of their shares."""
    return part.double() / torch.where(whole == 0, torch.ones_like(whole), whole)


for function in (IoU, JaccardIndex, mIoU):
    setattr(where_ignite_has_them, function.__name__, function)
