"""A warm-up before a schedule."""

from typing import Any

from torch.optim.lr_scheduler import LRScheduler as TorchScheduler

from .concat import ConcatScheduler
from .of_torch import LRScheduler
from .optimizer_param import ParamScheduler
from .piecewise_linear import PiecewiseLinear


class _Warmup(PiecewiseLinear):
    """From one rate to that of each group, in a line."""

    def __init__(self, optimizer: Any, start: float, ends: list[float], duration: int) -> None:
        super().__init__(optimizer, "lr", [(0, 0.0), (duration - 1, 1.0)])
        self.start = start
        self.ends = ends

    def get_param(self) -> Any:
        part = super().get_param()
        return [self.start + (end - self.start) * part for end in self.ends]


def create_lr_scheduler_with_warmup(
    lr_scheduler: ParamScheduler | TorchScheduler,
    warmup_start_value: float,
    warmup_duration: int,
    warmup_end_value: float | None = None,
    save_history: bool = False,
    output_simulated_values: list[Any] | None = None,
) -> ConcatScheduler:
    """A schedule with a linear warm-up before it.

    Args:
        lr_scheduler: what follows: a handler, or a scheduler of torch.
        warmup_start_value: the learning rate at the first event.
        warmup_duration: events until the end value.
        warmup_end_value: the rate at the end of the warm-up; each group's own if not given.
        save_history: keep the rates in `engine.state.param_history`.
        output_simulated_values: a list, such as `[None] * 100`, whose entries become (event, rate of each group).

    Raises:
        TypeError: what follows is no schedule, or the simulated values go to no list.
        ValueError: the warm-up is shorter than two events.

    Example:
        >>> import torch
        >>> from ...engine.engine import Engine
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> schedule = create_lr_scheduler_with_warmup(decay, warmup_start_value=0.0, warmup_duration=3)
        >>> rates = []
        >>> trainer = Engine(lambda engine, batch: (rates.append(optimizer.param_groups[0]["lr"]), optimizer.step()))
        >>> schedule.attach(trainer)
        >>> _ = trainer.run([0] * 6)
        >>> rates
        [0.0, 0.5, 1.0, 0.5, 0.25, 0.125]
    """
    if warmup_duration < 2:
        raise ValueError(f"`warmup_duration` should be at least 2 events, got {warmup_duration}.")
    if not isinstance(output_simulated_values, (list, type(None))):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"`output_simulated_values` should be a list, such as `[None] * 100`; got {output_simulated_values!r}."
        )
    following = lr_scheduler if isinstance(lr_scheduler, ParamScheduler) else LRScheduler(lr_scheduler)
    optimizer, num_groups = following.optimizer, len(following.optimizer.param_groups)
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    ends = rates if warmup_end_value is None else [warmup_end_value] * num_groups
    warmup, duration = _Warmup(optimizer, warmup_start_value, ends, warmup_duration), warmup_duration
    first = following.get_param()
    if (first if isinstance(first, list) else [first] * num_groups) == ends:  # it is not to come twice
        if isinstance(following, LRScheduler):
            following.event_index = 1
        else:
            duration -= 1
    row = ConcatScheduler([warmup, following], [duration], save_history)
    if output_simulated_values is not None:
        num_events = len(output_simulated_values)
        output_simulated_values[:] = ConcatScheduler.simulate_values(num_events, [warmup, following], [duration])
    return row
