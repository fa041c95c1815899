"""What ten handlers cost per iteration that run at each hundredth: ours and PyTorch-Ignite's, beyond the bare engine.

Schedules of a rate, of momentum, of groups and of attributes of the state, and a store of outputs. Time by the wall
clock, which the bound is about, and of the processor, which other programs on the machine do not lengthen; all
contenders run in the same process, in turns, and the best turn of each counts. Below stands what handlers cost that
look at every iteration. `--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch

BATCHES = list(range(1000))
TURNS, EPOCHS = 9, 5
BOUND = 1.0
"""Microseconds per iteration that ten handlers may cost."""

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}

Attach = Callable[[Any, Any, Any, Any], None]
"""Of the library's engine package and handlers package, an engine and an optimizer."""


def ten(engines: Any, handlers: Any, engine: Any, optimizer: Any) -> None:
    """Ten handlers at each hundredth iteration."""
    cycle = {"start_value": 1.0, "end_value": 0.1, "cycle_size": 10}
    line = [(0, 1.0), (1000, 0.0)]
    names = ("a", "b", "c", "d", "e")
    each: list[Any] = [
        handlers.PiecewiseLinear(optimizer, "lr", line),
        handlers.LinearCyclicalScheduler(optimizer, "lr", **cycle),
        handlers.CosineAnnealingScheduler(optimizer, "momentum", **cycle),
        handlers.ParamGroupScheduler([handlers.PiecewiseLinear(optimizer, "lr", line)]),
        handlers.LambdaStateScheduler(float, names[0], create_new=True),
        handlers.PiecewiseLinearStateScheduler(line, names[1], create_new=True),
        handlers.ExpStateScheduler(1.0, 0.9, names[2], create_new=True),
        handlers.StepStateScheduler(1.0, 0.9, 3, names[3], create_new=True),
        handlers.MultiStepStateScheduler(1.0, 0.9, [2, 5], names[4], create_new=True),
        handlers.EpochOutputStore().update,
    ]
    for handler in each:
        engine.add_event_handler(engines.Events.ITERATION_COMPLETED(every=100), handler)


def output_store(engines: Any, handlers: Any, engine: Any, optimizer: Any) -> None:
    """One handler at every iteration."""
    handlers.EpochOutputStore().attach(engine)


def time_profiler(engines: Any, handlers: Any, engine: Any, optimizer: Any) -> None:
    """A profiler that takes the time eight times in an iteration."""
    handlers.BasicTimeProfiler().attach(engine)


CASES: dict[str, Attach] = {
    "ten handlers every=100": ten,
    "EpochOutputStore": output_store,
    "BasicTimeProfiler": time_profiler,
}


def runner(library: str, attach: Attach | None) -> Callable[[], None]:
    """Runs an engine that does nothing, with its handlers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
        engines = importlib.import_module(f"{library}.engine")
        handlers = importlib.import_module(f"{library}.handlers")
    engine = engines.Engine(lambda engine, batch: None)
    if attach is not None:
        attach(engines, handlers, engine, torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9))

    def run() -> None:
        engine.state.max_epochs = engine.state.max_iters = None
        engine.run(BATCHES, max_epochs=EPOCHS)

    return run


def measure(attach: Attach) -> dict[str, dict[str, float]]:
    """Microseconds per iteration of each library's handlers, beyond its bare engine, by each clock."""
    contenders = {
        (library, kind): runner(library, attach if kind == "with" else None)
        for library in ("scaffold_runtime", "ignite")
        for kind in ("bare", "with")
    }
    turns = [{name: timed(run) for name, run in contenders.items()} for _ in range(TURNS)]

    def best(library: str, kind: str, clock: str) -> float:
        return min(turn[library, kind][clock] for turn in turns) / (EPOCHS * len(BATCHES)) * 1e6

    return {
        name: {clock: best(library, "with", clock) - best(library, "bare", clock) for clock in CLOCKS}
        for name, library in (("ours", "scaffold_runtime"), ("ignite", "ignite"))
    }


def timed(run: Callable[[], None]) -> dict[str, float]:
    """Seconds of one turn, by each clock."""
    began = {name: clock() for name, clock in CLOCKS.items()}
    run()
    return {name: clock() - began[name] for name, clock in CLOCKS.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    as_json = parser.parse_args().json
    torch.set_num_threads(1)
    rows = {name: measure(attach) for name, attach in CASES.items()}
    if as_json:
        print(json.dumps(rows))
        return
    print(f"{'us per iteration, beyond the engine':<38}{'ours':>16}{'ignite':>18}")
    print(f"{'':<38}" + f"{'wall':>8}{'cpu':>8}  " * 2)
    for name, row in rows.items():
        print(f"{name:<38}" + "".join(f"{row[lib]['wall']:8.3f}{row[lib]['cpu']:8.3f}  " for lib in ("ours", "ignite")))
    ours = rows["ten handlers every=100"]["ours"]["wall"]
    print(f"ten handlers: {'below' if ours < BOUND else 'ABOVE'} the bound of {BOUND:g} us by the wall clock")


if __name__ == "__main__":
    main()
