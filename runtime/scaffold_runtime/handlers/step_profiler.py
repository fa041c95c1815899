"""Where the time of a step goes, as a table and in words, and a trace of it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import torch

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.event_source import RemovableEventHandle
from ..engine.events import Events
from .profiling.listening import FIRST, LAST

DATA, FORWARD, OPTIMIZER, HANDLERS = "waiting for data", "forward and backward", "optimizer", "handlers and loop"

WORDS = {
    DATA: "Your loader is the bottleneck: {part:.0%} of the step waits for data. More workers (`num_workers`), or data "
    "that is prepared beforehand, would help.",
    FORWARD: "The network is the bottleneck, as it should be: {part:.0%} of the step goes forward and backward. Lower "
    "precision, compiling it, or larger batches would help.",
    OPTIMIZER: "The optimizer is the bottleneck: {part:.0%} of the step is its own. A fused one (`fused=True`), or "
    "larger batches, would help.",
    HANDLERS: "Your handlers are the bottleneck: {part:.0%} of the step is theirs. `HandlersTimeProfiler` says which; "
    "they could run seldom (`every=100`).",
}
"""What to do about the largest part."""


class StepProfiler:
    """Profiles some iterations with `torch.profiler`: a trace for Perfetto, and a table of where a step's time goes.

    The first iterations are left out, as they load and compile; so is what comes between epochs, such as validations.
    On a GPU, where the host runs ahead of the device, the table says besides how busy the device was.

    Runs on:   the events of a step and a fetch, for `num_iterations` after `skip` others; after that it listens no
               more, and costs nothing.
    Changes:   writes the trace and, beside it, the table, which it also says.
    Saves:     nothing: a run that goes on is profiled from where it does.
    Processes: rank 0 is profiled.

    Args:
        path: of the trace, such as trace.json; the table is trace.txt.
        num_iterations: how many to profile.
        skip: how many to leave out before.
        say: told the table; the log, if not given.

    Attributes:
        seconds: of a step, by part, once there are enough.

    Raises:
        ValueError: a number is below 1, or below 0.

    Example:
        >>> import tempfile, time
        >>> def slowly():
        ...     for batch in range(8):
        ...         time.sleep(0.02)
        ...         yield batch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trainer, profiler = Engine(lambda engine, batch: None), StepProfiler(f"{folder}/trace.json", skip=2)
        ...     profiler.attach(trainer)
        ...     _ = trainer.run(slowly(), epoch_length=8)
        >>> profiler.words().partition(":")[0]
        'Your loader is the bottleneck'
    """

    def __init__(
        self, path: str | Path, *, num_iterations: int = 20, skip: int = 5, say: Callable[[str], object] | None = None
    ) -> None:
        if num_iterations < 1 or skip < 0:
            raise ValueError(
                f"`num_iterations` should be at least 1 and `skip` at least 0, got {num_iterations} and {skip}."
            )
        self.path = Path(path)
        self.num_iterations, self.skip = num_iterations, skip
        self._say = say or logging.getLogger(__name__).info
        self.seconds: dict[str, float] = {}
        self.device_share: float | None = None
        self.operators = ""
        self._profiler: Any = None
        self._handles: list[RemovableEventHandle] = []

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Profiles the next iterations of `engine`."""
        if idist.get_rank() != 0:
            return
        self._sums = dict.fromkeys((DATA, "step"), 0.0)
        self._left_out = self._done = 0
        self._between, self._paused = 0.0, cast("float | None", None)
        self._since = dict.fromkeys(self._sums, 0.0)
        listens = [
            (Events.GET_BATCH_STARTED, self._fetch, LAST),
            (Events.GET_BATCH_COMPLETED, self._fetched, FIRST),
            (Events.ITERATION_STARTED, self._work, LAST),
            (Events.ITERATION_COMPLETED, self._worked, FIRST),
            (Events.ITERATION_COMPLETED, self._count, LAST),
            (Events.EPOCH_COMPLETED, self._pause, FIRST),
            (Events.EPOCH_STARTED, self._resume, LAST),
            (Events.COMPLETED | Events.TERMINATE | Events.INTERRUPT | Events.EXCEPTION_RAISED, self._stop, FIRST),
        ]
        self._handles = [engine.add_event_handler(event, act, priority=when) for event, act, when in listens]

    def _fetch(self) -> None:
        self._since[DATA] = perf_counter()

    def _fetched(self) -> None:
        self._sums[DATA] += perf_counter() - self._since[DATA]

    def _work(self) -> None:
        self._since["step"] = perf_counter()

    def _worked(self) -> None:
        self._sums["step"] += perf_counter() - self._since["step"]
        self._done += self._profiler is not None

    def _pause(self) -> None:
        self._paused = perf_counter()

    def _resume(self) -> None:
        if self._profiler is None and self.skip == 0:
            self._start()
        elif self._paused is not None:
            self._between += perf_counter() - self._paused
        self._paused = None

    def _count(self) -> None:
        if self._profiler is None:
            self._left_out += 1
            if self._left_out >= self.skip:
                self._start()
        elif self._done >= self.num_iterations:
            self._stop()

    def _start(self) -> None:
        self._profiler = torch.profiler.profile()
        self._profiler.start()
        self._sums, self._between, self._paused = dict.fromkeys(self._sums, 0.0), 0.0, None
        self._began = perf_counter()

    def _stop(self, *_: Any) -> None:
        """Enough has been seen, or the run ends before."""
        for handle in self._handles:
            handle.remove()
        profiler, self._profiler, self._handles = self._profiler, None, []
        if profiler is None or self._done == 0:
            return
        if torch.cuda.is_available() and self._paused is None:
            torch.cuda.synchronize()
        whole = (self._paused or perf_counter()) - self._began - self._between
        profiler.stop()
        self._take(profiler, whole)
        profiler.export_chrome_trace(str(self.path))
        self.path.with_suffix(".txt").write_text(self.report() + "\n" + self.operators, encoding="utf-8")
        self._say(self.report())

    def _take(self, profiler: Any, whole: float) -> None:
        averages = profiler.key_averages()
        optimizer = sum(event.cpu_time_total for event in averages if event.key.startswith("Optimizer.step#")) / 1e6
        data, step, steps = self._sums[DATA], self._sums["step"], self._done
        optimizer = min(optimizer, step)
        parts = {DATA: data, FORWARD: step - optimizer, OPTIMIZER: optimizer, HANDLERS: max(0.0, whole - data - step)}
        self.seconds = {name: part / steps for name, part in parts.items()}
        if torch.cuda.is_available():
            self.device_share = min(1.0, sum(event.self_device_time_total for event in averages) / 1e6 / whole)
        by = "self_cuda_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
        self.operators = averages.table(sort_by=by, row_limit=20)

    def words(self) -> str:
        """A sentence on the largest part of a step; nothing if none was profiled."""
        return words(self.seconds)

    def report(self) -> str:
        """The table, and what it says, as text."""
        whole = sum(self.seconds.values())
        rows = [f"A step takes {whole * 1e3:.2f} ms (mean of {self._done} iterations):"]
        rows += [f"  {name:<22}{part / whole:>5.0%}{part * 1e3:>10.2f} ms" for name, part in self.seconds.items()]
        if self.device_share is not None:
            rows.append(f"  The GPU is busy {self.device_share:.0%} of the time.")
        return "\n".join([*rows, self.words()])


def words(seconds: Mapping[str, float]) -> str:
    """What the parts of a step say.

    Example:
        >>> words({DATA: 0.062, FORWARD: 0.038, OPTIMIZER: 0.0, HANDLERS: 0.0}).partition(". ")[0]
        'Your loader is the bottleneck: 62% of the step waits for data'
    """
    if not seconds:
        return ""
    largest = max(seconds, key=lambda name: seconds[name])
    return WORDS[largest].format(part=seconds[largest] / sum(seconds.values()))
