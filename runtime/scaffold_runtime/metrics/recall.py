"""Recall: how much of each class was found."""

from .machinery.class_rates import ClassRates


class Recall(ClassRates):
    r"""Fraction of the samples of a class that were predicted as such.

    $$\text{recall}_c = \frac{TP_c}{TP_c + FN_c}$$

    A class without a sample has recall 0. See `ClassRates` for the arguments.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, higher is better; `(C,)` float64 where the classes are not averaged.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> recall = Recall()
        >>> recall.update((torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 1, 0])))
        >>> round(recall.compute(), 4)
        0.6667
    """

    considered = "target"
