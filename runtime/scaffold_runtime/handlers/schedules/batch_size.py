"""Batches that grow."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from torch.utils.data import DataLoader

from ...engine.engine import Engine
from ...engine.events import Events
from .base import BaseParamScheduler


class BatchSizeScheduler(BaseParamScheduler):
    """Sets the number of samples of a loader's batches, usually from epoch to epoch.

    Runs on:   `EPOCH_STARTED` of the trainer, or what `attach` says. A pass that has begun keeps its size in loaders
               of torch with workers, which are ahead; so change it where an epoch starts.
    Changes:   `batch_size` of the loader's batch sampler. The epoch is as long as the pass is then.
    Saves:     how many sizes it has set. A resumed run sets the last one again, before it opens its data.
    Processes: each sets its own loader to the same size; that of `idist.auto_dataloader` counts the samples of all.

    Args:
        dataloader: of torch, with a batch sampler.
        scheduler_fn: the size for each event, counted from 0.
        save_history: keep the sizes in `engine.state.param_history`.

    Raises:
        TypeError: it is no loader of torch, or `scheduler_fn` no function.
        ValueError: the loader makes no batches.

    Example:
        >>> loader = DataLoader(range(8), batch_size=2)
        >>> trainer = Engine(lambda engine, batch: len(batch))
        >>> sizes = BatchSizeScheduler(loader, lambda epoch: 2 * 2**epoch)
        >>> sizes.attach(trainer)
        >>> seen = []
        >>> _ = trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(trainer.state.output))
        >>> _ = trainer.run(loader, max_epochs=3)
        >>> seen
        [2, 2, 2, 2, 4, 4, 8]
    """

    def __init__(
        self, dataloader: DataLoader[Any], scheduler_fn: Callable[[int], int], save_history: bool = False
    ) -> None:
        super().__init__("batch_size", save_history)
        if not isinstance(dataloader, DataLoader):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise TypeError(f"`dataloader` should be a loader of torch, got a {type(dataloader).__name__}.")
        if not hasattr(cast("Any", dataloader.batch_sampler), "batch_size"):
            raise ValueError("`dataloader` should have a batch sampler with a `batch_size`; this one makes no batches.")
        if not callable(scheduler_fn):
            raise TypeError(f"`scheduler_fn` should be a function of the event's number, got {scheduler_fn!r}.")
        self.dataloader = dataloader
        self.scheduler_fn = scheduler_fn

    def attach(self, engine: Engine[Any, Any], event: Any = Events.EPOCH_STARTED) -> None:
        """Sets the next size at each `event`."""
        engine.add_event_handler(event, self)

    def __call__(self, engine: Engine[Any, Any] | None) -> None:
        """Sets the next size; an epoch that goes on keeps the one that it had.

        Raises:
            ValueError: it is no number of samples.
        """
        if self._has_acted(engine):
            return
        self._set(self.get_param())
        if engine is not None and engine.state.dataloader is self.dataloader and engine.state_dict()["epoch_is_pass"]:
            engine.state.epoch_length = len(self.dataloader)
        if self.save_history and engine is not None:
            self._remember(engine, self.param_name, self.get_param())
        self.event_index += 1

    def _set(self, size: int) -> None:
        if not isinstance(size, int) or size < 1:  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
            raise ValueError(f"`scheduler_fn` should give a positive number of samples, got {size!r}.")
        cast("Any", self.dataloader.batch_sampler).batch_size = size

    def get_param(self) -> int:
        """The size at `event_index`."""
        return self.scheduler_fn(self.event_index)

    @classmethod
    def simulate_values(cls, num_events: int, **scheduler_kwargs: Any) -> list[list[Any]]:
        """The sizes at the first events, as pairs of (event, size).

        Args:
            num_events: how many.
            **scheduler_kwargs: `scheduler_fn` among them.

        Raises:
            ValueError: it is not.
        """
        if "scheduler_fn" not in scheduler_kwargs:
            raise ValueError("`simulate_values` needs `scheduler_fn`, which gives the sizes.")
        return [[event, scheduler_kwargs["scheduler_fn"](event)] for event in range(num_events)]

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there, with the size that was set last."""
        super().load_state_dict(state_dict)
        if self.event_index > 0:
            self._set(self.scheduler_fn(self.event_index - 1))
