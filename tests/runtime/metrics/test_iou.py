"""IoU, mIoU, JaccardIndex."""

import pytest
import torch
from sklearn.metrics import jaccard_score

from scaffold_runtime.metrics import Accuracy, ConfusionMatrix, IoU, JaccardIndex, mIoU


def _iou():
    return IoU(ConfusionMatrix(4))


def _iou_of_shares():
    return IoU(ConfusionMatrix(4, average="samples"))


def _iou_without_class_1():
    return JaccardIndex(ConfusionMatrix(4), ignore_index=1)


def _mean():
    return mIoU(ConfusionMatrix(4))


@pytest.mark.parametrize("make", [_iou, _iou_of_shares, _iou_without_class_1, _mean])
def test_classes(contract, draw, make):
    """It is scikit-learn's Jaccard score of each class, also of a class that is absent."""
    batches = [(torch.randn(n, 4, generator=draw), torch.randint(3, (n,), generator=draw)) for n in (8, 8, 8, 3)]
    scores, y = (torch.cat(parts) for parts in zip(*batches, strict=True))
    labels = [0, 2, 3] if make is _iou_without_class_1 else range(4)
    average = "macro" if make is _mean else None
    contract(make, batches, jaccard_score(y, scores.argmax(1), labels=labels, average=average, zero_division=0))


def test_wrong_arguments():
    """Anything but counts is refused, and a class that is not there."""
    with pytest.raises(TypeError, match=r"^`cm` should be a ConfusionMatrix, got Accuracy\.$"):
        IoU(Accuracy())
    with pytest.raises(ValueError, match=r"^`cm` should have `average` None or 'samples', got 'recall'\.$"):
        IoU(ConfusionMatrix(3, average="recall"))
    for index in (3, -1, "a"):
        with pytest.raises(ValueError, match=rf"^`ignore_index` should lie in \[0, 2\], got {index!r}\.$"):
            IoU(ConfusionMatrix(3), ignore_index=index)
