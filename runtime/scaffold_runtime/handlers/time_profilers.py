"""Where a run's time goes: the steps, the data, and the handlers of each event or each by itself."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from ..engine.engine import Engine
from ..engine.event_source import Listeners
from ..engine.events import Events
from .profiling.tables import aligned, cell_of, line_of, rounded_stats, stats, write_csv

FIRST, LAST = 10**6, -(10**6)
"""Priorities of what takes the time before all other handlers of an event, and after them."""

STEP = (Events.GET_BATCH_STARTED, Events.GET_BATCH_COMPLETED, Events.ITERATION_STARTED, Events.ITERATION_COMPLETED)
OTHERS = (Events.STARTED, Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, Events.COMPLETED)
MEASURED = (Events.STARTED, Events.COMPLETED, Events.EPOCH_STARTED, Events.EPOCH_COMPLETED, *STEP[2:], *STEP[:2])


class BasicTimeProfiler:
    """Measures each step, each fetch of a batch, and the handlers of each event together.

    An accelerator works on after the host has left a step: that time falls on whoever waits for it next. Synchronise in
    the step, or use `torch.profiler`, where that matters.

    Runs on:   all events of a run, before and after all other handlers.
    Changes:   nothing.
    Saves:     nothing: it measures what this process runs.
    Processes: each measures its own.

    Example:
        >>> import time
        >>> trainer = Engine(lambda engine, batch: time.sleep(0.01))
        >>> profiler = BasicTimeProfiler()
        >>> profiler.attach(trainer)
        >>> _ = trainer.run(range(3))
        >>> 0.03 <= profiler.get_results()["processing_stats"]["total"] < 1
        True
    """

    events_to_ignore: ClassVar[list[Events]] = [event for event in Events if event not in MEASURED]

    def __init__(self) -> None:
        self.event_handlers_names: dict[Any, list[str]] = {}
        self.max_epochs: int | None = None
        self._began = 0.0
        self._fetching_since = self._working_since = 0.0
        self._reset()

    def _reset(self) -> None:
        self._step: dict[Any, float] = {}  # seconds of the step that runs
        self._rows: list[tuple[int, int, dict[Any, float]]] = []  # epoch, iteration, seconds by event
        self._others: dict[Any, list[float]] = {event: [] for event in OTHERS}

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Measures the runs of `engine`; each one anew.

        Raises:
            TypeError: it is no engine.
        """
        check_engine(engine)
        if engine.has_event_handler(self._begin_run):
            return
        engine.add_event_handler(Events.STARTED, self._begin_run, priority=FIRST + 1)
        for event in MEASURED:
            engine.add_event_handler(event, partial(self._before, event), priority=FIRST)
            engine.add_event_handler(event, partial(self._after, event), priority=LAST)

    def _begin_run(self, engine: Engine[Any, Any]) -> None:
        self._reset()
        self.max_epochs = engine.state.max_epochs
        self.event_handlers_names = {
            event: [name_of(one.handler) for one in engine.listeners(event) if not is_of(one.handler, self)]
            for event in MEASURED
        }

    def _before(self, event: Events) -> None:
        self._began = now = perf_counter()
        if event is Events.GET_BATCH_STARTED:
            self._fetching_since = now
        elif event is Events.GET_BATCH_COMPLETED:
            self._step["dataflow"] = now - self._fetching_since
        elif event is Events.ITERATION_COMPLETED:
            self._step["processing"] = now - self._working_since

    def _after(self, event: Events, engine: Engine[Any, Any]) -> None:
        now = perf_counter()
        if event in OTHERS:
            self._others[event].append(now - self._began)
            return
        self._step[event] = now - self._began
        if event is Events.ITERATION_STARTED:
            self._working_since = perf_counter()
        elif event is Events.ITERATION_COMPLETED:
            self._rows.append((engine.state.epoch, engine.state.iteration, self._step))
            self._step = {}

    @property
    def processing_times(self) -> Tensor:
        """Seconds of each step."""
        return self._column("processing")

    @property
    def dataflow_times(self) -> Tensor:
        """Seconds of each fetch."""
        return self._column("dataflow")

    @property
    def event_handlers_times(self) -> dict[Any, Tensor]:
        """Seconds of the handlers of each occurrence, by event."""
        seldom = {event: torch.tensor(times) for event, times in self._others.items()}
        return {event: seldom[event] if event in seldom else self._column(event) for event in MEASURED}

    @property
    def total_num_iters(self) -> int:
        """Iterations that were measured."""
        return len(self._rows)

    def _column(self, key: Any) -> Tensor:
        return torch.tensor([seconds.get(key, 0.0) for _, _, seconds in self._rows])

    def get_results(self) -> dict[str, dict[str, Any]]:
        """Statistics of steps, fetches and handlers, in seconds, and the names of the handlers."""
        handlers = self.event_handlers_times
        by_event: dict[str, Any] = {event.name: stats(listed(times)) for event, times in handlers.items()}
        by_event["total_time"] = sum(times.sum() for times in handlers.values())
        names = {f"{event.name}_names": found for event, found in self.event_handlers_names.items()}
        return {
            "processing_stats": stats(listed(self.processing_times)),
            "dataflow_stats": stats(listed(self.dataflow_times)),
            "event_handlers_stats": by_event,
            "event_handlers_names": names,
        }

    def write_results(self, output_path: str | Path) -> None:
        """Writes a table with a row for each iteration: seconds, as CSV."""
        names = ["processing_stats", "dataflow_stats", *(f"Event_{event.name}" for event in MEASURED)]
        epochs = sorted({epoch for epoch, _, _ in self._rows})
        seldom = {event: _by_epoch(self._others[event], epochs) for event in OTHERS}

        def cell(key: Any, epoch: int, seconds: dict[Any, float]) -> float:
            return seldom[key][epoch] if key in seldom else seconds.get(key, 0.0)

        rows = (
            [
                float(epoch),
                float(iteration),
                *(cell(key, epoch, seconds) for key in ("processing", "dataflow", *MEASURED)),
            ]
            for epoch, iteration, seconds in self._rows
        )
        write_csv(output_path, ["epoch", "iteration", *names], rows)

    @staticmethod
    def print_results(results: Mapping[str, Any]) -> str:
        """Prints what `get_results` gives, and returns the text."""
        lines = ["", "Time in seconds: total | min/index | max/index | mean | std", ""]
        lines += ["Processing function:", line_of(results["processing_stats"]), ""]
        lines += ["Dataflow:", line_of(results["dataflow_stats"]), ""]
        lines += ["Event handlers:", f"{float(results['event_handlers_stats']['total_time']):.5f}", ""]
        for key, names in results["event_handlers_names"].items():
            event = key.removesuffix("_names")
            lines += [f"- Events.{event}: {names}", line_of(results["event_handlers_stats"][event]), ""]
        text = "\n".join(lines)
        print(text)
        return text


class HandlersTimeProfiler:
    """Measures each step, each fetch of a batch, and each handler by itself.

    Handlers that are there when a run starts are measured, whenever they run. For accelerators, see
    `BasicTimeProfiler`.

    Runs on:   `STARTED`, where it begins to measure the other handlers; the events of a step and a fetch; the end of
               the run.
    Changes:   handlers are called through it while the run lasts.
    Saves:     nothing: it measures what this process runs.
    Processes: each measures its own.

    Example:
        >>> import time
        >>> trainer = Engine(lambda engine, batch: None)
        >>> def rest():
        ...     time.sleep(0.01)
        >>> _ = trainer.add_event_handler(Events.EPOCH_COMPLETED, rest)
        >>> profiler = HandlersTimeProfiler()
        >>> profiler.attach(trainer)
        >>> _ = trainer.run(range(3), max_epochs=2)
        >>> [(row[0], row[1], row[2] >= 0.02) for row in profiler.get_results() if row[0] == "rest"]
        [('rest', 'EPOCH_COMPLETED', True)]
    """

    def __init__(self) -> None:
        self.processing_times: list[float] = []
        self.dataflow_times: list[float] = []
        self.event_handlers_times: dict[Any, dict[str, list[float]]] = {}
        self.event_handlers_names: dict[Any, list[str]] = {}
        self._fetching_since = self._working_since = 0.0
        self._timed: list[tuple[dict[str, Any], Any]] = []

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Measures the runs of `engine`; each one anew.

        Raises:
            TypeError: it is no engine.
        """
        check_engine(engine)
        if engine.has_event_handler(self._begin_run):
            return
        # With a filter, so that the handlers of this very event are asked for one by one, and those behind are timed.
        always = Events.STARTED(event_filter=lambda engine, count: True)
        engine.add_event_handler(always, self._begin_run, priority=FIRST)
        engine.add_event_handler(Events.GET_BATCH_STARTED, self._fetch, priority=LAST)
        engine.add_event_handler(Events.GET_BATCH_COMPLETED, self._fetched, priority=FIRST)
        engine.add_event_handler(Events.ITERATION_STARTED, self._work, priority=LAST)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._worked, priority=FIRST)
        for event in (Events.COMPLETED, Events.TERMINATE, Events.EXCEPTION_RAISED):
            engine.add_event_handler(event, self._end_run, priority=LAST)

    def _begin_run(self, engine: Engine[Any, Any]) -> None:
        self._end_run(engine)
        self.processing_times, self.dataflow_times, self.event_handlers_times = [], [], {}
        for event, listeners in _listeners_of(engine).items():
            others = [one for one in listeners if not is_of(one.handler, self)]
            self.event_handlers_names[event] = [name_of(one.handler) for one in others]
            times: dict[str, list[float]] = {name: [] for name in self.event_handlers_names[event]}
            self.event_handlers_times[event] = times
            for one in others:
                self._timed.append((vars(one), one.handler))
                vars(one)["handler"] = _Timed(one.handler, times[name_of(one.handler)])
        _refresh(engine)

    def _end_run(self, engine: Engine[Any, Any], *_: Any) -> None:
        for listener, handler in self._timed:
            listener["handler"] = handler
        if self._timed:
            _refresh(engine)
        self._timed = []

    def _fetch(self) -> None:
        self._fetching_since = perf_counter()

    def _fetched(self) -> None:
        self.dataflow_times.append(perf_counter() - self._fetching_since)

    def _work(self) -> None:
        self._working_since = perf_counter()

    def _worked(self) -> None:
        self.processing_times.append(perf_counter() - self._working_since)

    def get_results(self) -> list[list[Any]]:
        """A row for each handler: name, event, total, (least, its place), (most, its place), mean, standard deviation.

        Behind them come the total of all handlers, the steps, and the fetches.
        """
        found = [
            (name, str(getattr(event, "name", event)), times)
            for event, handlers in self.event_handlers_times.items()
            for name, times in handlers.items()
        ]
        total = round(sum(sum(times) for _, _, times in found), 5)
        rows = [[name, event, *rounded_stats(times)] for name, event, times in found]
        return [
            *rows,
            ["Total", "", total, "", "", "", ""],
            ["Processing", "None", *rounded_stats(self.processing_times)],
            ["Dataflow", "None", *rounded_stats(self.dataflow_times)],
        ]

    def write_results(self, output_path: str | Path) -> None:
        """Writes a table with a column for each handler, and a row for each time that it ran: seconds, as CSV."""
        columns = {"processing_stats": self.processing_times, "dataflow_stats": self.dataflow_times}
        for event, handlers in self.event_handlers_times.items():
            columns |= {f"{name} ({getattr(event, 'name', event)})": times for name, times in handlers.items()}
        length = max(map(len, columns.values()))
        padded = [times + [0.0] * (length - len(times)) for times in columns.values()]
        rows = ([float(place), *row] for place, row in enumerate(zip(*padded, strict=True), 1))
        write_csv(output_path, ["#", *columns], rows)

    @staticmethod
    def print_results(results: Sequence[Sequence[Any]]) -> None:
        """Prints what `get_results` gives."""
        heads = ["Handler", "Event Name", "Total(s)", "Min(s)/IDX", "Max(s)/IDX", "Mean(s)", "Std(s)"]
        cells = [[cell_of(value) for value in row] for row in results]
        widths = [max(len(row[place]) for row in [heads, *cells]) for place in range(len(heads))]
        rule = "  ".join("-" * width for width in widths)
        print(rule, aligned(heads, widths), rule, *(aligned(row, widths) for row in cells[:-3]), rule, sep="\n")
        print(*(aligned(row, widths) for row in cells[-3:]), sep="\n")


class _Timed:
    """A handler that takes its own time; it equals the handler, so that it is found and removed as before."""

    def __init__(self, handler: Callable[..., Any], times: list[float]) -> None:
        self.handler = handler
        self.times = times

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        began = perf_counter()
        try:
            self.handler(*args, **kwargs)
        finally:
            self.times.append(perf_counter() - began)

    def __eq__(self, other: object) -> bool:
        return self.handler == other

    def __hash__(self) -> int:
        return hash(self.handler)


def _listeners_of(engine: Engine[Any, Any]) -> dict[Any, Listeners]:
    return vars(engine)["_listeners"]


def _refresh(engine: Engine[Any, Any]) -> None:
    """Lets the engine look at its handlers anew: they have been replaced where they are."""
    for listeners in _listeners_of(engine).values():
        found = tuple(listeners)
        for one in found:
            listeners.remove(one)
        for one in found:
            listeners.add(one)
    engine.attention = True


def listed(times: Tensor) -> list[float]:
    """The times as numbers of Python."""
    return cast("list[float]", times.tolist())


def check_engine(engine: object) -> None:
    """Refuses what is no engine.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(engine, Engine):
        raise TypeError(f"A profiler is attached to an engine, got a {type(engine).__name__}.")


def name_of(handler: Any) -> str:
    """A handler's name, or its class's."""
    return getattr(handler, "__qualname__", type(handler).__name__)


def is_of(handler: Any, owner: object) -> bool:
    """Whether the handler is one of `owner`'s own."""
    handler = handler.func if isinstance(handler, partial) else handler
    return getattr(handler, "__self__", None) is owner


def _by_epoch(times: Sequence[float], epochs: Sequence[int]) -> Mapping[int, float]:
    """The times of an event's occurrences: one for each epoch, or one for all."""
    found: dict[int, float] = dict(zip(epochs, times, strict=False)) if len(times) > 1 else {}
    return defaultdict(partial(float, times[0] if times else 0.0), found)
