"""Specificity: how often a class was not predicted where it was not the target."""

from torch import Tensor

from .machinery.class_rates import ClassRates
from .machinery.labels import Labels


class Specificity(ClassRates):
    r"""Fraction of the samples of other classes that are not taken for a class; the recall of its absence.

    $$\text{specificity}_c = \frac{TN_c}{TN_c + FP_c}$$

    Where all samples are of a class, it has 0. See `ClassRates` for the arguments.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, higher is better; `(C,)` float64 where the classes are not averaged.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> specificity = Specificity()
        >>> specificity.update((torch.tensor([1, 0, 0, 0]), torch.tensor([0, 0, 0, 1])))
        >>> round(specificity.compute(), 4)
        0.6667
    """

    considered = "target"

    def parts(self, labels: Labels) -> tuple[Tensor, Tensor]:
        """True negatives, of all negatives."""
        negatives = ~labels.target if labels.kept is None else ~labels.target & labels.kept
        return negatives & ~labels.predicted, negatives

    def count(self, labels: Labels) -> None:
        """Counts the labels of a batch: true negatives, of all negatives."""
        super().count(labels)
        if not self._is_multilabel:
            # The hits of a class and its samples are counted already; what is wanted is all samples less those of the
            # class; and less those predicted to be, of which the hits are not twice off.
            num_kept, target = labels.ones.sum(), labels.target
            self._counted.add_(num_kept).index_add_(0, target, labels.ones, alpha=-2)
            self._right.add_(num_kept).index_add_(0, target, labels.ones, alpha=-1)
            self._right.index_add_(0, labels.predicted, labels.ones, alpha=-1)
