"""A progress bar on a terminal; a line per epoch elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Any

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import CallableEventWithFilter, Events
from .engine_values import LoggedValues

BAR_FORMAT = "{desc}[{n_fmt}/{total_fmt}] {percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]"
ORDER = ("STARTED", "EPOCH_STARTED", "ITERATION_STARTED", "ITERATION_COMPLETED", "EPOCH_COMPLETED", "COMPLETED")
"""Events in the order of a run."""


class ProgressBar:
    """Shows how far an engine is, with values beside it.

    Values on a device are read when the bar is drawn, some ten times a second, and not in between. Where there is
    no terminal - in a log file, under a scheduler - each bar becomes one line when it is full.

    Runs on:   the events that it is attached to.
    Changes:   the terminal.
    Saves:     nothing.
    Processes: rank 0 shows.

    Args:
        persist: leave full bars on the terminal.
        bar_format: tqdm's.
        refresh_seconds: time between two drawings.
        **tqdm_kwargs: for tqdm: `desc`, `file`, `ncols`...

    Raises:
        ModuleNotFoundError: `tqdm` is not installed; raised where there is a terminal to draw on.

    Example:
        >>> trainer = Engine(lambda engine, batch: {"loss": 0.25})
        >>> ProgressBar(file=sys.stdout).attach(trainer, output_transform=lambda output: output)
        >>> _ = trainer.run(range(10), max_epochs=2)  # doctest: +ELLIPSIS
        Epoch [1/2] 10/10 loss=0.25 [...s]
        Epoch [2/2] 10/10 loss=0.25 [...s]
    """

    def __init__(
        self,
        persist: bool = False,
        bar_format: str | None = BAR_FORMAT,
        *,
        refresh_seconds: float = 0.1,
        **tqdm_kwargs: Any,
    ) -> None:
        self.persist = persist
        self.bar_format = bar_format
        self.refresh_seconds = refresh_seconds
        self.tqdm_kwargs = tqdm_kwargs
        self.pbar: Any = None  # the latest that is on the terminal
        self._file: Any = tqdm_kwargs.get("file") or sys.stderr

    def attach(
        self,
        engine: Engine[Any, Any],
        metric_names: str | list[str] | None = None,
        output_transform: Callable[[Any], Any] | None = None,
        event_name: Any = Events.ITERATION_COMPLETED,
        closing_event_name: Any = Events.EPOCH_COMPLETED,
        state_attributes: list[str] | None = None,
    ) -> None:
        """Shows a bar that grows at `event_name` and is full at `closing_event_name`.

        Args:
            engine: whose progress.
            metric_names: metrics to show; "all" of them.
            output_transform: of the output, to values to show.
            event_name: when it grows.
            closing_event_name: when it is full.
            state_attributes: attributes of the state to show.

        Raises:
            ValueError: the bar would close before it grows, or not each time.
        """
        if _place(event_name) >= _place(closing_event_name):
            raise ValueError(f"A bar that grows at {event_name} closes later, not at {closing_event_name}.")
        if isinstance(closing_event_name, CallableEventWithFilter):
            raise ValueError(f"A bar closes at each occurrence of an event, not at some; got {closing_event_name}.")
        if idist.get_rank() != 0:
            return
        shown = LoggedValues("", metric_names, output_transform, state_attributes)
        track = _Track(self, shown, event_name, closing_event_name)
        engine.add_event_handler(event_name, track.grow)
        engine.add_event_handler(closing_event_name, track.close)
        engine.add_event_handler(Events.TERMINATE | Events.INTERRUPT, track.leave)
        engine.add_event_handler(Events.EXCEPTION_RAISED, track.fail)

    def log_message(self, message: str) -> None:
        """Prints a line above the bar."""
        if self._file.isatty():
            _tqdm().write(message, file=self._file)
        else:
            print(message, file=self._file)

    def open(self, total: int | None, *, initial: int, desc: str) -> Any:
        """Draws a new bar, if there is a terminal; None if not."""
        kwargs = {"leave": self.persist, "bar_format": self.bar_format, **self.tqdm_kwargs, "desc": desc}
        if self._file.isatty():
            self.pbar = _tqdm()(total=total, initial=initial, **kwargs)
            return self.pbar
        return None


class _Track:
    """One bar of one engine."""

    def __init__(self, bar: ProgressBar, shown: LoggedValues, event: Any, closing: Any) -> None:
        self.bar = bar
        self.shown = shown
        self.event = event
        self.closing = closing
        self.pbar: Any = None
        self.count = 0
        self.started: float | None = None
        self.drawn = 0.0

    def grow(self, engine: Engine[Any, Any]) -> None:
        """Counts; draws if it is time to."""
        now = time.monotonic()
        total = _total(engine, self.event)
        self.count = _count(engine, self.event)
        if self.started is None:
            self.started = now
            self.pbar = self.bar.open(total, initial=self.count, desc=self._description(engine))
        if self.pbar is not None and (now - self.drawn >= self.bar.refresh_seconds or self.count == total):
            self.drawn = now
            self._draw(engine)

    def close(self, engine: Engine[Any, Any]) -> None:
        """The bar is full, or becomes a line."""
        if self.started is not None:
            if self.pbar is not None:
                self._draw(engine)
            else:
                self._print(engine, time.monotonic() - self.started)
            self.leave()

    def fail(self, error: BaseException) -> None:
        """The bar makes way for the traceback."""
        self.leave()

    def leave(self) -> None:
        """Takes the bar off the terminal."""
        if self.pbar is not None:
            self.pbar.close()
            if self.bar.pbar is self.pbar:
                self.bar.pbar = None
        self.pbar = self.started = None

    def _description(self, engine: Engine[Any, Any]) -> str:
        """Epoch [1/3]."""
        text: str = self.bar.tqdm_kwargs.get("desc") or ("Iteration" if engine.state.max_epochs == 1 else "Epoch")
        total = _total(engine, self.closing)
        return text if total in (None, 1) else f"{text} [{engine.state.get_event_attrib_value(self.closing)}/{total}]"

    def _draw(self, engine: Engine[Any, Any]) -> None:
        bar = self.pbar
        bar.set_description(self._description(engine), refresh=False)
        bar.set_postfix(self.shown.values(engine, log_text=True), refresh=False)
        bar.n = self.count
        bar.refresh()

    def _print(self, engine: Engine[Any, Any], seconds: float) -> None:
        total = _total(engine, self.event)
        values = (f"{name}={_short(value)}" for name, value in self.shown.values(engine, log_text=True).items())
        count = f"{self.count}/{total}" if total is not None else f"{self.count}"
        line = " ".join([self._description(engine), count, *values, f"[{seconds:.1f}s]"])
        print(line, file=self.bar._file, flush=True)  # pyright: ignore[reportPrivateUsage]  # of the same file


def _place(event: Any) -> int:
    name: str = getattr(getattr(event, "event", event), "name", "")
    return ORDER.index(name) if name in ORDER else 0


def _count(engine: Engine[Any, Any], event: Any) -> int:
    """How often the event has happened: iterations in their epoch, which may have been cut, or of another length."""
    if _counter(engine, event) == "iteration":
        return engine.epoch_iteration
    return 1 if _total(engine, event) == 1 else engine.state.get_event_attrib_value(event)


def _total(engine: Engine[Any, Any], event: Any) -> int | None:
    """How often the event happens, in an epoch or in the run."""
    if _place(event) in (0, len(ORDER) - 1):
        return 1
    return engine.state.epoch_length if _counter(engine, event) == "iteration" else engine.state.max_epochs


def _counter(engine: Engine[Any, Any], event: Any) -> str | None:
    return engine.state.event_to_attr.get(getattr(event, "event", event))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _tqdm() -> Any:
    try:
        from tqdm.std import tqdm
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "`ProgressBar` needs the package `tqdm`, which is not installed: `pip install tqdm`."
        ) from error
    return tqdm
