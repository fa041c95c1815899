"""Precision: how often the classes that were predicted were right."""

from .machinery.class_rates import ClassRates


class Precision(ClassRates):
    r"""Fraction of the predictions of a class that are right.

    $$\text{precision}_c = \frac{TP_c}{TP_c + FP_c}$$

    A class that was never predicted has precision 0. See `ClassRates` for the arguments.

    Shapes:
        y_pred: `(N, C, ...)` float, classes on axis 1; or `(N, ...)` of 0 and 1 or probabilities.
        y: `(N, ...)` int, class indices in `[0, C)`; with `is_multilabel`, the shape of `y_pred`.
        result: float in `[0, 1]`, higher is better; `(C,)` float64 where the classes are not averaged.

    Raises:
        NotComputableError: `compute` before the first `update`.

    Example:
        >>> import torch
        >>> precision = Precision()
        >>> precision.update((torch.tensor([1, 1, 1, 0]), torch.tensor([1, 0, 1, 0])))
        >>> round(precision.compute(), 4)
        0.6667
    """

    considered = "predicted"
