"""What accuracy has to be compared with: that of always answering the most frequent class."""

import torch
from torch import Tensor

from scaffold_runtime.metrics import ConfusionMatrix, MetricsLambda


def majority(num_classes: int, device: torch.device) -> MetricsLambda:
    """The accuracy of always answering the most frequent class, measured beside the network's."""
    return MetricsLambda(share_of_largest_class, ConfusionMatrix(num_classes, device=device))


def share_of_largest_class(confusion: Tensor) -> float:
    """Of counts `(true class, predicted class)`, the part of the samples that is of the most frequent true class."""
    return float(confusion.sum(dim=1).max() / confusion.sum())
