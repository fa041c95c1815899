"""One process of a real gloo group that does jobs for tests; started once and used by all of them.

Run by path as `python process_group.py`; lists of jobs come pickled on stdin, their results go pickled to stdout.
A job is the name of a function below and its arguments, one set for each rank.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import torch

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.metrics import Metric


def compute(metric: Metric, batches: Sequence[Any]) -> Any:
    """The metric's value after this rank's batches."""
    metric.reset()
    for batch in batches:
        metric.update(batch)
    return metric.compute()


def save(metric: Metric, batches: Sequence[Any]) -> dict[str, Any]:
    """The metric's state after this rank's batches."""
    for batch in batches:
        metric.update(batch)
    return metric.state_dict()


def resume(metric: Metric, state: dict[str, Any], batches: Sequence[Any] = ()) -> Any:
    """The value of a metric that takes up a state, and goes on."""
    metric.load_state_dict(state)
    for batch in batches:
        metric.update(batch)
    return metric.compute()


def evaluate(metrics: dict[str, Metric], batches: Sequence[Any], usage: Any = None) -> dict[str, Any]:
    """What an engine finds over two epochs, and how many collectives that took, all in all."""
    engine = Engine[Any, Any](lambda engine, batch: batch)
    for name, metric in metrics.items():
        metric.attach(engine, name, usage)
    before = collectives
    if batches:
        engine.run(list(batches), max_epochs=2)
    else:
        # An engine refuses data without a batch; its metrics do not.
        for event in (Events.STARTED, *(Events.EPOCH_STARTED, Events.EPOCH_COMPLETED) * 2):
            engine.fire_event(event)
    return {"metrics": dict(engine.state.metrics), "collectives": collectives - before}


collectives = 0


def count_collectives() -> None:
    """Counts what torch.distributed is really asked to do."""
    for name in ("all_gather", "all_gather_into_tensor", "all_reduce", "broadcast", "barrier", "all_gather_object"):
        setattr(torch.distributed, name, _counted(getattr(torch.distributed, name)))


def _counted(function: Any) -> Any:
    def counted(*args: Any, **kwargs: Any) -> Any:
        global collectives
        collectives += 1
        return function(*args, **kwargs)

    return counted


def main() -> None:
    """Does jobs until stdin ends."""
    torch.set_num_threads(1)
    results = sys.stdout.buffer
    sys.stdout = sys.stderr
    count_collectives()
    # A rank that fails leaves the others waiting: not for ever.
    idist.initialize("gloo", timeout=timedelta(seconds=20))
    while True:
        try:
            jobs = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        try:
            answer = (True, [globals()[name](*arguments) for name, arguments in jobs])
        except Exception as error:
            answer = (False, f"{type(error).__name__}: {error}")
        pickle.dump(answer, results)
        results.flush()
    idist.finalize()


if __name__ == "__main__":
    main()
