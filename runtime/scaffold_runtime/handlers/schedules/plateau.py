"""A learning rate that goes down where a score gets no better."""

import math
from collections.abc import Sequence
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ...engine.engine import Engine
from ...engine.events import Events
from .optimizer_param import ParamScheduler, stand_in_optimizer


class ReduceLROnPlateauScheduler(ParamScheduler):
    """Reduces the learning rate when a metric has stopped getting better: torch's `ReduceLROnPlateau` as a handler.

    Runs on:   the event it is attached to, usually `COMPLETED` of the evaluator, which has the metric.
    Changes:   the learning rate, in all parameter groups or one of them.
    Saves:     how far it is: the best value, and how long it has been waiting.
    Processes: the metric is already synchronised, so all reduce the rate at the same validation.

    Args:
        optimizer: whose rate.
        metric_name: among the metrics of the engine that it is attached to.
        trainer: whose `state.param_history` has the rates; needed with `save_history`.
        save_history: keep the rates there.
        param_group_index: the group; all of them if not given.
        **scheduler_kwargs: of torch's scheduler: `mode`, `factor`, `patience`, `threshold`, `threshold_mode`,
            `cooldown`, `min_lr`, `eps`.

    Raises:
        TypeError: `min_lr` is no number, where one group is meant.

    Example:
        >>> scores = [1.0, 0.9, 0.9, 0.9]
        >>> ReduceLROnPlateauScheduler.simulate_values(4, scores, init_lr=1.0, factor=0.5, patience=1)
        [[0, 1.0], [1, 1.0], [2, 1.0], [3, 0.5]]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        metric_name: str,
        trainer: Engine[Any, Any] | None = None,
        save_history: bool = False,
        param_group_index: int | None = None,
        **scheduler_kwargs: Any,
    ) -> None:
        super().__init__(optimizer, "lr", save_history, param_group_index)
        self.metric_name = metric_name
        self.trainer = trainer
        if param_group_index is not None:
            least = scheduler_kwargs.pop("min_lr", 0.0)
            if not isinstance(least, (int, float)):
                raise TypeError(f"`min_lr` should be a number where one group is meant, got {least!r}.")
            rates = [math.inf] * len(optimizer.param_groups)  # torch reduces no rate that is below its least one
            rates[param_group_index] = least
            scheduler_kwargs["min_lr"] = rates
        self.scheduler = ReduceLROnPlateau(optimizer, **scheduler_kwargs)
        self._state_attrs += ["scheduler"]

    def attach(self, engine: Engine[Any, Any], event: Any = Events.COMPLETED, *, name: str | None = None) -> None:
        """Looks at the metric at each `event`.

        Args:
            engine: has the metric, an evaluator usually.
            event: when.
            name: in the history; "lr" if not given.
        """
        engine.add_event_handler(event, self, name)

    def __call__(self, engine: Engine[Any, Any], name: str | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Looks at the metric of the engine.

        Raises:
            ValueError: the engine has no such metric.
        """
        metrics: dict[str, Any] = getattr(engine.state, "metrics", {})
        if self.metric_name not in metrics:
            known = ", ".join(map(repr, metrics)) or "none"
            raise ValueError(f"The engine should have the metric {self.metric_name!r}; its metrics are: {known}.")
        self.scheduler.step(metrics[self.metric_name])
        super().__call__(self.trainer, name)

    def _set_next(self) -> None:
        """The rate is set already."""

    def get_param(self) -> Any:
        """The rate, or the groups' rates if there are several."""
        rates = [group["lr"] for group in self.optimizer_param_groups]
        return rates if len(rates) > 1 else rates[0]

    @classmethod
    def simulate_values(  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Ignite
        cls, num_events: int, metric_values: Sequence[float], init_lr: float, **scheduler_kwargs: Any
    ) -> list[list[Any]]:
        """The rates after each of the values, as pairs of (event, rate).

        Args:
            num_events: how many.
            metric_values: of the metric, as many.
            init_lr: the rate at the beginning.
            **scheduler_kwargs: of torch's scheduler.

        Raises:
            ValueError: there are more or fewer values.
        """
        if len(metric_values) != num_events:
            raise ValueError(f"{num_events} events need as many values of the metric, got {len(metric_values)}.")
        others = ("optimizer", "metric_name", "save_history")
        kwargs = {key: value for key, value in scheduler_kwargs.items() if key not in others}
        scheduler = cls(stand_in_optimizer(init_lr), "metric", **kwargs)
        engine = Engine[Any, Any](lambda engine, batch: None)
        values: list[list[Any]] = []
        for event, value in enumerate(metric_values):
            engine.state.metrics["metric"] = value
            scheduler(engine)
            values.append([event, scheduler.optimizer_param_groups[0]["lr"]])
        return values
