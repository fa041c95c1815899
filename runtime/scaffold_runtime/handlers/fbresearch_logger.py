"""A log of lines, in the manner of Facebook AI Research's detectors."""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Number
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..engine.engine import Engine
from ..engine.events import Events
from .timing import Timer

MIB = 2**20
MOST_SHOWN = 10
"""Numbers of a vector that a line shows."""


class FBResearchLogger:
    """Writes a line every so many iterations: where the run is, when the epoch ends, rates, outputs, times, memory.

    Runs on:   `EPOCH_STARTED`, `ITERATION_COMPLETED`, `EPOCH_COMPLETED` and `COMPLETED` of the engine; it takes the
               time at those of a step and of a fetch.
    Changes:   nothing.
    Saves:     nothing: times are those of the running process.
    Processes: each that it is attached on writes to its own logger.

    Args:
        logger: has `info`, as those of `logging` and of `setup_logger`.
        delimiter: between the parts of a line.
        show_output: the output too.

    Example:
        >>> import logging, sys
        >>> logger = logging.getLogger("example")
        >>> logger.addHandler(logging.StreamHandler(sys.stdout))
        >>> logger.setLevel(logging.INFO)
        >>> logger.propagate = False
        >>> trainer = Engine(lambda engine, batch: {"loss": 0.5})
        >>> FBResearchLogger(logger, show_output=True).attach(trainer, name="Train", every=4)
        >>> _ = trainer.run([0] * 4)  # doctest: +ELLIPSIS
        Train: start epoch [1/1]
        Epoch [1/1]  [4/4]:  ETA: 0:00:00  loss: 0.5000  Iter time: ... s  Data prep time: ... s
        Train:  Total time: 0:00:00  (... s / it)
    """

    def __init__(self, logger: Any, delimiter: str = "  ", show_output: bool = False) -> None:
        self.logger = logger
        self.delimiter = delimiter
        self.show_output = show_output
        self.iter_timer = Timer(average=True)
        self.data_timer = Timer(average=True)

    def attach(
        self,
        engine: Engine[Any, Any],
        name: str,
        every: int = 1,
        output_transform: Callable[[Any], Any] | None = None,
        state_attributes: list[str] | None = None,
        optimizer: Optimizer | None = None,
    ) -> None:
        """Writes lines of `engine`.

        Args:
            engine: what is told of.
            name: begins the lines of an epoch's start and end.
            every: iterations between two lines.
            output_transform: of the output, to what is shown of it.
            state_attributes: attributes of the state to show.
            optimizer: whose learning rates to show.
        """
        self.name = name
        self.output_transform = output_transform
        self.state_attributes = state_attributes
        engine.add_event_handler(Events.EPOCH_STARTED, self.log_epoch_started, name)
        engine.add_event_handler(Events.ITERATION_COMPLETED(every=every), self.log_every, optimizer=optimizer)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self.log_epoch_completed, name)
        engine.add_event_handler(Events.COMPLETED, self.log_completed, name)
        started, done = Events.ITERATION_STARTED, Events.ITERATION_COMPLETED
        self.iter_timer.attach(engine, start=Events.EPOCH_STARTED, resume=started, pause=done, step=done)
        wanted, there = Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED
        self.data_timer.attach(engine, start=Events.EPOCH_STARTED, resume=wanted, pause=there, step=there)

    def log_every(self, engine: Engine[Any, Any], optimizer: Optimizer | None = None) -> None:
        """The line of an iteration."""
        state, place, seconds = engine.state, engine.epoch_iteration, self.iter_timer.value()
        length = state.epoch_length
        parts = [f"{_epoch(engine)}", f"[{place}/{'?' if length is None else length}]:"]
        if length is not None:
            parts.append(f"ETA: {_duration(seconds * (length - place))}")
        if optimizer is not None:
            parts.append(_rates(optimizer))
        if self.show_output and state.output is not None:
            output = state.output if self.output_transform is None else self.output_transform(state.output)
            parts += _shown(output)
        attributes = {name: getattr(state, name, None) for name in self.state_attributes or ()}
        parts += [" ".join(_shown(attributes))] if attributes else []
        parts += [f"Iter time: {seconds:.4f} s", f"Data prep time: {self.data_timer.value():.4f} s"]
        if torch.cuda.is_available():
            parts.append(f"GPU Max Mem: {torch.cuda.max_memory_allocated() / MIB:.0f} MB")
        self.logger.info(self.delimiter.join(parts))

    def log_epoch_started(self, engine: Engine[Any, Any], name: str) -> None:
        """The line of an epoch's start."""
        self.logger.info(f"{name}: start {_epoch(engine).lower()}")

    def log_epoch_completed(self, engine: Engine[Any, Any], name: str) -> None:
        """The line of an epoch's end, with its time."""
        seconds, steps = engine.state.times["EPOCH_COMPLETED"] or 0.0, max(1, engine.epoch_iteration)
        which = "" if engine.state.max_epochs == 1 else f" {_epoch(engine)}"
        parts = [f"{name}:{which}", f"Total time: {_duration(seconds)}", f"({seconds / steps:.4f} s / it)"]
        self.logger.info(self.delimiter.join(parts))

    def log_completed(self, engine: Engine[Any, Any], name: str) -> None:
        """The line of the run's end, if it had several epochs."""
        if engine.state.max_epochs != 1:
            seconds = engine.state.times["COMPLETED"] or 0.0
            self.logger.info(self.delimiter.join([f"{name}: run completed", f"Total time: {_duration(seconds)}"]))


def _epoch(engine: Engine[Any, Any]) -> str:
    total = "" if engine.state.max_epochs is None else f"/{engine.state.max_epochs}"
    return f"Epoch [{engine.state.epoch}{total}]"


def _duration(seconds: float) -> datetime.timedelta:
    return datetime.timedelta(seconds=int(seconds))


def _rates(optimizer: Optimizer) -> str:
    rates = [float(group["lr"]) for group in optimizer.param_groups]
    if len(rates) == 1:
        return f"lr: {rates[0]:.5f}"
    return " ".join(f"lr [g{index}]: {rate:.5f}" for index, rate in enumerate(rates))


def _shown(value: Any, name: str = "") -> list[str]:
    """The numbers in a value, each with its name."""
    return list(_parts(value, f"{name}: " if name else ""))


def _parts(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, Tensor) and value.ndim > 1:
        yield f"{prefix}Shape{list(value.shape)}"
    elif isinstance(value, Tensor) and value.ndim == 1:
        shown = [f"{entry:.4f}" for entry in cast("list[float]", value[:MOST_SHOWN].tolist())]
        yield f"{prefix}[{', '.join(shown + ['...'] * (len(value) > MOST_SHOWN))}]"
    elif isinstance(value, (Number, Tensor)):
        yield f"{prefix}{value.item() if isinstance(value, Tensor) else value:.4f}"
    elif isinstance(value, Mapping):
        for key, entry in cast("Mapping[Any, Any]", value).items():
            yield from _parts(entry, f"{prefix}{key}: ")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for entry in cast("Sequence[Any]", value):
            yield from _parts(entry, prefix)
    elif value is not None:
        yield f"{prefix}{value}"
