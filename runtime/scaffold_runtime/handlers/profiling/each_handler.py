"""Where a run's time goes: the steps, the data, and each handler by itself."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from ...engine.engine import Engine
from ...engine.event_source import Listeners
from ...engine.events import Events
from .listening import FIRST, LAST, check_engine, is_of, name_of
from .tables import aligned, cell_of, rounded_stats, write_csv


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
