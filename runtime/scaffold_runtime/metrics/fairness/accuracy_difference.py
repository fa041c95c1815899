"""How much more often a model is right about one group than about another."""

import torch
from torch import Tensor

from ..machinery.batch_results import hits
from ..machinery.fairness.group_rates import GroupRates
from ..machinery.labels import Labels


class SubgroupAccuracyDifference(GroupRates):
    """Largest difference of accuracy between two groups; 0 is what is called overall accuracy equality.

    Counted on the device: `update` does not read the labels. Groups without a sample are left out.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        group_labels: `(N,)` int; samples of other groups than `groups` are left out.
        result: float in `[0, 1]`, lower is fairer.

    Args:
        groups: the labels of the groups, each once.
        is_multilabel: `y_pred` and `y` are `(N, C, ...)`, of which any number may be set.
        output_transform: as in `Metric`; gives `(y_pred, y, group_labels)`.
        device: as in `Metric`.

    Raises:
        ValueError: a group is named twice, or the shapes do not go together.
        NotComputableError: `compute` before there was a sample of each of two groups.

    Example:
        >>> metric = SubgroupAccuracyDifference(groups=[0, 1])
        >>> metric.update((torch.tensor([0, 1, 0, 1]), torch.tensor([0, 1, 1, 1]), torch.tensor([0, 0, 1, 1])))
        >>> metric.compute()
        0.5

    References:
        Verma and Rubin, Fairness definitions explained, 2018.
    """

    def counts(self, labels: Labels, rows: Tensor, num_rows: int) -> Tensor:
        """Right answers."""
        return torch.zeros(num_rows, 1, dtype=torch.int64, device=rows.device).index_add_(
            0, rows, hits(labels).unsqueeze(1)
        )
