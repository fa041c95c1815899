"""Straight lines between milestones."""

from bisect import bisect_right
from collections.abc import Sequence
from numbers import Integral

from torch.optim import Optimizer

from .optimizer_param import ParamScheduler


class PiecewiseLinear(ParamScheduler):
    """Values on straight lines between milestones; before the first and after the last they stay.

    Args:
        optimizer: whose parameter.
        param_name: which.
        milestones_values: pairs of (event index, value), in order.
        save_history: keep the values in `engine.state.param_history`.
        param_group_index: the group; all of them if not given.

    Raises:
        TypeError: a milestone is no whole number.
        ValueError: there are no milestones, or they are not in order.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> schedule = PiecewiseLinear(optimizer, "lr", [(1, 1.0), (3, 0.0)])
        >>> [schedule(None) or optimizer.param_groups[0]["lr"] for _ in range(5)]
        [1.0, 1.0, 0.5, 0.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        param_name: str,
        milestones_values: Sequence[tuple[int, float]],
        save_history: bool = False,
        param_group_index: int | None = None,
    ) -> None:
        super().__init__(optimizer, param_name, save_history, param_group_index)
        self.milestones, self.values = milestones_and_values(milestones_values)

    def get_param(self) -> float:
        """The value at `event_index`."""
        return on_lines(self.milestones, self.values, self.event_index)


def milestones_and_values(pairs: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """The milestones and their values, apart.

    Raises:
        TypeError: it is no sequence, or a milestone is no whole number.
        ValueError: these are no pairs, there are none, or they are not in order.
    """
    if not isinstance(pairs, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise TypeError(f"`milestones_values` should be a list of pairs, got {pairs!r}.")
    try:
        milestones, values = [milestone for milestone, _ in pairs], [value for _, value in pairs]
    except (TypeError, ValueError):
        raise ValueError(f"`milestones_values` should be pairs of (event index, value), got {pairs!r}.") from None
    if not all(isinstance(milestone, Integral) for milestone in milestones):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"Milestones should be counts of events, got {milestones}.")
    if not milestones or sorted(milestones) != milestones:
        raise ValueError(f"`milestones_values` should be pairs in the order of events, got {pairs}.")
    return milestones, values


def on_lines(milestones: Sequence[int], values: Sequence[float], index: int) -> float:
    """The value at `index` on the straight lines between milestones."""
    passed = bisect_right(milestones, index)
    if passed == 0 or passed == len(milestones):
        return float(values[max(passed - 1, 0)])
    (start, end), (low, high) = milestones[passed - 1 : passed + 1], values[passed - 1 : passed + 1]
    return low + (high - low) * (index - start) / (end - start)
