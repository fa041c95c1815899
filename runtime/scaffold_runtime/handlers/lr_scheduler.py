"""Learning-rate schedulers of torch as handlers, with a warm-up before them if one is wanted."""

from collections.abc import Mapping
from typing import Any, cast

from torch.optim.lr_scheduler import LRScheduler as TorchScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ..engine.engine import Engine
from .param_scheduler import ParamScheduler, PiecewiseLinear


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

    Raises:
        TypeError: it is no scheduler of torch, or one that wants a score.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        >>> schedule = LRScheduler(torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5))
        >>> rates = []
        >>> trainer = Engine(lambda engine, batch: (rates.append(optimizer.param_groups[0]["lr"]), optimizer.step()))
        >>> schedule.attach(trainer)
        >>> _ = trainer.run([0] * 4)
        >>> rates
        [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, lr_scheduler: TorchScheduler, save_history: bool = False) -> None:
        if not isinstance(lr_scheduler, TorchScheduler):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`lr_scheduler` should be a scheduler of torch, got a {type(lr_scheduler).__name__}.")
        check_needs_no_score(lr_scheduler)
        super().__init__(lr_scheduler.optimizer, "lr", save_history)
        self.lr_scheduler = lr_scheduler

    def get_param(self) -> list[float]:
        """The rates of the groups at `event_index`."""
        if self.event_index > 0:
            self.lr_scheduler.step()
        rates: list[Any] = self.lr_scheduler.get_last_lr()
        return rates

    def state_dict(self) -> dict[str, Any]:
        """How far it is."""
        return {**super().state_dict(), "lr_scheduler": self.lr_scheduler.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there, also from a state that PyTorch-Ignite has saved."""
        super().load_state_dict(state_dict)
        self.lr_scheduler.load_state_dict(state_dict["lr_scheduler"])
        if "param_name" in state_dict:  # Ignite's steps after an event, not before the next one
            self.lr_scheduler.last_epoch = max(0, self.event_index - 1)
        if self.event_index > 0:  # it stepped before it was saved; else torch warns that its scheduler goes first
            cast(Any, self.optimizer)._opt_called = True


def check_needs_no_score(scheduler: TorchScheduler) -> None:
    """Refuses a scheduler that steps with a score: no event brings one.

    Raises:
        TypeError: it does.
    """
    if isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError(
            "`ReduceLROnPlateau` steps with a score, which an iteration does not have. Step it where there is one: "
            '`evaluator.add_event_handler(Events.COMPLETED, lambda: scheduler.step(evaluator.state.metrics["loss"]))`.'
        )


class ConcatScheduler(ParamScheduler):
    """One schedule after the other.

    Args:
        schedulers: of the same parameter of the same optimizer.
        durations: events of each but the last.
        save_history: keep the values in `engine.state.param_history`.

    Raises:
        TypeError: a schedule is none.
        ValueError: the numbers of schedules and durations do not fit, or the schedules are of different parameters.
    """

    def __init__(self, schedulers: list[ParamScheduler], durations: list[int], save_history: bool = False) -> None:
        if not all(isinstance(scheduler, ParamScheduler) for scheduler in schedulers):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"`schedulers` should be schedules that are handlers, got {schedulers}.")
        are_counts = all(isinstance(duration, int) and duration > 0 for duration in durations)  # pyright: ignore[reportUnnecessaryIsInstance]
        if len(schedulers) != len(durations) + 1 or not are_counts:
            raise ValueError(
                f"{len(schedulers)} schedules need {len(schedulers) - 1} positive durations, got {durations}."
            )
        if len({(id(scheduler.optimizer), scheduler.param_name) for scheduler in schedulers}) > 1:
            raise ValueError("Schedules that follow each other should be of the same parameter of the same optimizer.")
        super().__init__(schedulers[0].optimizer, schedulers[0].param_name, save_history)
        self.schedulers = schedulers
        self.durations = durations

    def __call__(self, engine: Engine[Any, Any] | None, name: str | None = None) -> None:
        """Sets the next value of the schedule whose turn it is."""
        if self._has_acted(engine):
            return
        self._current()(None)
        if self.save_history and engine is not None:
            self._remember(engine, name or self.param_name)
        self.event_index += 1

    def _current(self) -> ParamScheduler:
        end = 0
        for scheduler, duration in zip(self.schedulers, self.durations, strict=False):
            end += duration
            if self.event_index < end:
                return scheduler
        return self.schedulers[-1]

    def get_param(self) -> Any:
        """The next value of the schedule whose turn it is."""
        return self._current().get_param()

    def state_dict(self) -> dict[str, Any]:
        """How far all of them are."""
        return {**super().state_dict(), "schedulers": [entry.state_dict() for entry in self.schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there, also from a state that PyTorch-Ignite has saved."""
        if "_scheduler_index" in state_dict:
            state_dict = _saved_by_ignite(state_dict)
        super().load_state_dict(state_dict)
        for scheduler, state in zip(self.schedulers, state_dict["schedulers"], strict=True):
            scheduler.load_state_dict(state)


def _saved_by_ignite(state: Mapping[str, Any]) -> dict[str, Any]:
    """A row of schedules as it is saved here; Ignite counts down, and has a schedule of its own for each group."""
    durations: list[int] = state["durations"]
    index: int = state["_scheduler_index"]
    done = [*durations, -1][index] - state["_current_duration"]  # the last one counts down from -1
    schedulers = [entry if "event_index" in entry else entry["schedulers"][0][1] for entry in state["schedulers"]]
    return {"event_index": sum(durations[:index]) + done, "schedulers": schedulers}


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
) -> ConcatScheduler:
    """A schedule with a linear warm-up before it.

    Args:
        lr_scheduler: what follows: a handler, or a scheduler of torch.
        warmup_start_value: the learning rate at the first event.
        warmup_duration: events until the end value.
        warmup_end_value: the rate at the end of the warm-up; each group's own if not given.
        save_history: keep the rates in `engine.state.param_history`.

    Raises:
        TypeError: what follows is no schedule.
        ValueError: the warm-up is shorter than two events.

    Example:
        >>> import torch
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
    following = lr_scheduler if isinstance(lr_scheduler, ParamScheduler) else LRScheduler(lr_scheduler)
    optimizer = following.optimizer
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    ends = rates if warmup_end_value is None else [warmup_end_value] * len(rates)
    if ends == rates:  # the warm-up ends with the first value of what follows, which is not repeated
        following.event_index = 1
    warmup = _Warmup(optimizer, warmup_start_value, ends, warmup_duration)
    return ConcatScheduler([warmup, following], [warmup_duration], save_history)
