"""A table in the terminal that grows with the run: a row for each epoch, and a bar for the one that runs."""

import logging
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events
from .logged_values import flat_numbers

MOST_ROWS = 20
"""Epochs that the table shows, the last ones: a terminal has some forty lines."""


class LiveTable:
    """Shows the epochs of a run as a growing table, with a column for each metric of each engine, and a bar below.

    It is drawn some times a second; values on a device are read where an epoch ends, and the loss of the running one as
    often as the bar is drawn. What is printed or logged meanwhile goes above it. Where there is no terminal nothing is
    drawn: `ProgressBar` and logs write lines.

    Runs on:   the trainer's events; attach it behind what validates.
    Changes:   the terminal, and while it draws the streams of logs that write there.
    Saves:     the rows: a run that goes on shows the epochs before.
    Processes: rank 0 shows.

    Args:
        file: where to draw; standard output if not given.
        refresh_seconds: time between two drawings.

    Raises:
        ModuleNotFoundError: `rich` is not installed; raised where there is a terminal to draw on.

    Example:
        >>> trainer = Engine(lambda engine, batch: 0.5)
        >>> table = LiveTable()
        >>> table.attach(trainer, {"train": trainer})
        >>> _ = trainer.run([0], max_epochs=2)
        >>> [row["epoch"] for row in table.rows]
        [1, 2]
    """

    def __init__(self, file: Any = None, *, refresh_seconds: float = 0.25) -> None:
        self.file = file or sys.stdout
        self.refresh_seconds = refresh_seconds
        self.rows: list[dict[str, Any]] = []
        self._live: Any = None
        self._led: list[tuple[logging.StreamHandler[Any], Any]] = []  # logs that are shown above, and where they wrote
        self._bar: Any = None
        self._task: Any = None
        self._drawn = 0.0

    def attach(self, engine: Engine[Any, Any], engines: Mapping[str, Engine[Any, Any]] | None = None) -> None:
        """Shows the run of `engine`.

        Args:
            engine: the trainer.
            engines: whose metrics to show, by the names that their columns begin with; the trainer's if not given.
        """
        if idist.get_rank() != 0:
            return
        shown = engines or {"": engine}
        engine.add_event_handler(Events.EPOCH_STARTED, self._open)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._move)
        others = {name: other for name, other in shown.items() if other is not engine}
        own = [name for name, other in shown.items() if other is engine]
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._add_row, own, others)
        for event in (Events.COMPLETED, Events.TERMINATE, Events.INTERRUPT, Events.EXCEPTION_RAISED):
            engine.add_event_handler(event, self.close)

    def _open(self, engine: Engine[Any, Any]) -> None:
        if self._live is None and self.file.isatty():
            rich = _rich()
            self._bar = rich.Progress(*rich.Progress.get_default_columns(), "{task.fields[loss]}")
            self._task = self._bar.add_task("", loss="")
            self._live = rich.Live(console=rich.Console(file=self.file), auto_refresh=False, transient=False)
            out, error = sys.stdout, sys.stderr
            self._live.start()  # these two write above the table from now on, and so shall the logs that had them
            led = [handler for handler in _to_streams() if handler.stream in (out, error)]
            self._led = [(each, each.setStream(sys.stdout if each.stream is out else sys.stderr)) for each in led]
        if self._live is not None:
            title = f"epoch {engine.state.epoch}/{engine.state.max_epochs or '?'}"
            total, done = engine.state.epoch_length, engine.epoch_iteration
            self._bar.reset(self._task, total=total, completed=done, description=title)
            self._draw()

    def _move(self, engine: Engine[Any, Any]) -> None:
        if self._live is None or time.monotonic() - self._drawn < self.refresh_seconds:
            return
        numbers = flat_numbers({"loss": engine.state.output}) if _is_number(engine.state.output) else {}
        loss = f"loss {numbers['loss']:.4f}" if numbers else ""
        self._bar.update(self._task, completed=engine.epoch_iteration, loss=loss)
        self._draw()

    def _add_row(self, engine: Engine[Any, Any], own: list[str], others: Mapping[str, Engine[Any, Any]]) -> None:
        row: dict[str, Any] = {"epoch": engine.state.epoch}
        for name, source in [*((name, engine) for name in own), *others.items()]:
            numbers = flat_numbers({key: value for key, value in source.state.metrics.items() if _is_number(value)})
            row |= {f"{name} {key}".strip(): float(value) for key, value in numbers.items()}
        row["seconds"] = float(engine.state.times["EPOCH_COMPLETED"] or 0.0)
        self.rows = [*(before for before in self.rows if before["epoch"] < row["epoch"]), row]
        if self._live is not None:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        rich = _rich()
        self._live.update(rich.Group(self._table(rich), self._bar), refresh=True)

    def _table(self, rich: Any) -> Any:
        table = rich.Table()
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        for column in columns:
            table.add_column(column, justify="right")
        for row in self.rows[-MOST_ROWS:]:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        return table

    def close(self, *_: Any) -> None:
        """Leaves the table as it is, and the terminal to others."""
        if self._live is not None:
            rich = _rich()
            self._live.update(self._table(rich), refresh=True)
            self._live.stop()
        for handler, stream in self._led:
            handler.setStream(stream)
        self._live, self._led = None, []

    def state_dict(self) -> dict[str, Any]:
        """The rows."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Shows those rows."""
        self.rows = list(state_dict["rows"])


def _to_streams() -> Iterator[logging.StreamHandler[Any]]:
    """What logs to a stream that is no file of its own, of all loggers."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                yield handler


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or getattr(value, "ndim", None) == 0


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4g}"


class _Parts:
    """What is used of rich."""

    def __init__(self) -> None:
        from rich.console import Console, Group
        from rich.live import Live
        from rich.progress import Progress
        from rich.table import Table

        self.Console, self.Group, self.Live, self.Progress, self.Table = Console, Group, Live, Progress, Table


def _rich() -> Any:
    try:
        return _Parts()
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "`LiveTable` needs the package `rich`, which is not installed: `pip install rich`."
        ) from error
