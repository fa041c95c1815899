"""Learning-rate schedulers of torch as handlers."""

import warnings
from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler as TorchScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau

from .optimizer_param import ParamScheduler, set_param
from .simulation import left_as_they_are


class LRScheduler(ParamScheduler):
    """Lets a scheduler of torch set the learning rate from event to event.

    The first event keeps the rate that the optimizer has; each later one takes one step of the scheduler. So
    attached to a trainer, step i of the optimizer has the scheduler's i-th rate.

    Runs on:   `ITERATION_STARTED` of the trainer, once for each step of the optimizer; or what `attach` says.
    Changes:   the learning rates of the scheduler's optimizer.
    Saves:     `event_index`, whether the optimizer has used the last rate, and the scheduler.
    Processes: each sets its own optimizer to the same values.

    Args:
        lr_scheduler: torch's.
        save_history: keep the rates in `engine.state.param_history`.
        use_legacy: begin with the scheduler's second rate, for programs that attach it to `ITERATION_COMPLETED`,
            with a warning.

    Raises:
        TypeError: it is no scheduler of torch, or one that wants a score.

    Example:
        >>> import torch
        >>> from ...engine.engine import Engine
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> schedule = LRScheduler(torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5))
        >>> rates = []
        >>> trainer = Engine(lambda engine, batch: (rates.append(optimizer.param_groups[0]["lr"]), optimizer.step()))
        >>> schedule.attach(trainer)
        >>> _ = trainer.run([0] * 4)
        >>> rates
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, lr_scheduler: TorchScheduler, save_history: bool = False, use_legacy: bool = False) -> None:
        check_is_of_torch(lr_scheduler)
        check_needs_no_score(lr_scheduler)
        super().__init__(lr_scheduler.optimizer, "lr", save_history)
        self.lr_scheduler = lr_scheduler
        self._num_steps = 0  # of the scheduler: as many as `event_index`, once the value has been asked for
        if use_legacy:
            warnings.warn(
                "With `use_legacy` the schedule begins with the second rate: attach it to `ITERATION_COMPLETED`, so "
                "that the first iteration has the first one.",
                stacklevel=2,
            )
            self.event_index = 1

    def get_param(self) -> Any:
        """The rate at `event_index`, or the groups' rates if there are several."""
        while self._num_steps < self.event_index:
            self._step()
        rates: list[Any] = self.lr_scheduler.get_last_lr()
        return rates if len(rates) > 1 else rates[0]

    def _step(self) -> None:
        """One step of the scheduler, which leaves it to `__call__` to set the rates."""
        groups = self.optimizer.param_groups
        before = [group["lr"].clone() if isinstance(group["lr"], Tensor) else group["lr"] for group in groups]
        self.lr_scheduler.step()
        self._num_steps += 1
        for group, rate in zip(groups, before, strict=True):
            set_param(group, "lr", rate)

    @classmethod
    def simulate_values(cls, num_events: int, lr_scheduler: TorchScheduler, **kwargs: Any) -> list[list[Any]]:  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Ignite
        """The rates at the first events, as lists of (event, rate of each group); the scheduler stays as it is.

        Args:
            num_events: how many.
            lr_scheduler: torch's.
            **kwargs: further arguments of the handler.
        """
        check_is_of_torch(lr_scheduler)
        values: list[list[Any]] = []
        with left_as_they_are([lr_scheduler], lr_scheduler.optimizer):
            schedule = cls(lr_scheduler, **kwargs)
            for event in range(num_events):
                schedule(None)
                values.append([event, *(float(group["lr"]) for group in schedule.optimizer_param_groups)])
        return values

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        return {**super().state_dict(), "num_steps": self._num_steps, "lr_scheduler": self.lr_scheduler.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there, also from a state that PyTorch-Ignite has saved."""
        super().load_state_dict(state_dict)
        self.lr_scheduler.load_state_dict(state_dict["lr_scheduler"])
        is_of_ignite = "param_name" in state_dict  # which steps after an event, not before the next one
        if is_of_ignite:
            self.event_index = self.lr_scheduler.last_epoch
        self._num_steps = state_dict.get("num_steps", max(0, self.event_index - 1))
        if is_of_ignite:
            self.lr_scheduler.last_epoch = self._num_steps
        if self.event_index > 0:  # it stepped before it was saved; else torch warns that its scheduler goes first
            cast(Any, self.optimizer)._opt_called = True


def check_is_of_torch(scheduler: object) -> None:
    """Refuses what is no scheduler of torch.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(scheduler, TorchScheduler):
        raise TypeError(f"`lr_scheduler` should be a scheduler of torch, got a {type(scheduler).__name__}.")


def check_needs_no_score(scheduler: TorchScheduler) -> None:
    """Refuses a scheduler that steps with a score: no event brings one.

    Raises:
        TypeError: it does.
    """
    if isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError(
            "`ReduceLROnPlateau` steps with a score, which an iteration does not have. Step it where there is one: "
            '`evaluator.add_event_handler(Events.COMPLETED, lambda: scheduler.step(evaluator.state.metrics["loss"]))`, '
            "or let `ReduceLROnPlateauScheduler` do so."
        )
