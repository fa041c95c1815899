"""Where a run's time goes: the steps, the data, and the handlers of each event together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from ...engine.engine import Engine
from ...engine.events import Events
from .listening import FIRST, LAST, check_engine, is_of, name_of
from .tables import line_of, stats, write_csv

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
        by_event: dict[str, Any] = {event.name: stats(_listed(times)) for event, times in handlers.items()}
        by_event["total_time"] = sum(times.sum() for times in handlers.values())
        names = {f"{event.name}_names": found for event, found in self.event_handlers_names.items()}
        return {
            "processing_stats": stats(_listed(self.processing_times)),
            "dataflow_stats": stats(_listed(self.dataflow_times)),
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


def _listed(times: Tensor) -> list[float]:
    """The times as numbers of Python."""
    return cast("list[float]", times.tolist())


def _by_epoch(times: Sequence[float], epochs: Sequence[int]) -> Mapping[int, float]:
    """The times of an event's occurrences: one for each epoch, or one for all."""
    found: dict[int, float] = dict(zip(epochs, times, strict=False)) if len(times) > 1 else {}
    return defaultdict(partial(float, times[0] if times else 0.0), found)
