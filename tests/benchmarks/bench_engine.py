"""What an engine costs per iteration: ours and PyTorch-Ignite's, over the same loop written by hand.

One thread; all contenders run in the same process, in turns, and the best turn of each counts. The overhead
is what an engine takes beyond the loop by hand, which calls the same step and the same handlers.
`--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

import torch

import scaffold_runtime.engine as ours
from scaffold_runtime.metrics import Accuracy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    import ignite.engine as theirs
    from ignite.metrics import Accuracy as IgniteAccuracy

BATCHES = list(range(1000))
TURNS, EPOCHS = 15, 20
METRIC_TURNS, METRIC_EPOCHS = 100, 1
Run = Callable[[int], None]
"""Runs so many epochs."""


@dataclass
class Row:
    """Microseconds per iteration.

    Attributes:
        hand: the loop by hand.
        ours: our engine.
        ignite: Ignite's.
    """

    hand: float
    ours: float
    ignite: float

    @property
    def ratio(self) -> float:
        """Our overhead as a fraction of Ignite's."""
        return (self.ours - self.hand) / (self.ignite - self.hand)


def step(engine: Any, batch: Any) -> None:
    """Does nothing."""


def handler(engine: Any) -> None:
    """Does nothing."""


def by_hand(*, each: int = 0, hundredth: int = 0) -> Run:
    """The loop without an engine, with so many handlers at each step and at each hundredth."""
    always, seldom = [handler] * each, [handler] * hundredth

    def bare(epochs: int) -> None:
        for _ in range(epochs):
            for batch in BATCHES:
                step(None, batch)

    def with_handlers(epochs: int) -> None:
        for _ in range(epochs):
            for iteration, batch in enumerate(BATCHES, 1):
                step(None, batch)
                for call in always:
                    call(None)
                if iteration % 100 == 0:
                    for call in seldom:
                        call(None)

    return with_handlers if each or hundredth else bare


def with_engine(library: ModuleType, *, each: int = 0, hundredth: int = 0) -> Run:
    """A library's engine with the same handlers."""
    engine = library.Engine(step)
    for _ in range(each):
        engine.add_event_handler(library.Events.ITERATION_COMPLETED, handler)
    for _ in range(hundredth):
        engine.add_event_handler(library.Events.ITERATION_COMPLETED(every=100), handler)
    return lambda epochs: run_anew(engine, BATCHES, epochs)


def run_anew(engine: Any, data: list[Any], epochs: int) -> None:
    """A whole run, whatever was before."""
    engine.state.max_epochs = engine.state.max_iters = None
    engine.run(data, max_epochs=epochs)


def accuracy_by_hand(pairs: list[Any]) -> Run:
    """Accuracy as one writes it without a library."""

    def run(epochs: int) -> None:
        for _ in range(epochs):
            correct, seen = torch.tensor(0), 0
            for y_pred, y in pairs:
                correct += (y_pred.argmax(dim=1) == y).sum()
                seen += len(y)
            float(correct) / seen

    return run


def accuracy_with_engine(library: ModuleType, metric: Any, pairs: list[Any]) -> Run:
    """A library's accuracy on its engine."""
    engine = library.Engine(lambda engine, pair: pair)
    metric.attach(engine, "accuracy")
    return lambda epochs: run_anew(engine, pairs, epochs)


def cases() -> dict[str, tuple[dict[str, Run], int, int]]:
    """The contenders of each row, how many turns they get, and the epochs of a turn."""
    handlers = {
        "no handlers": {},
        "two handlers, one every=100": {"each": 1, "hundredth": 1},
        "ten handlers every=100": {"hundredth": 10},
    }
    rows = {
        name: (
            {"hand": by_hand(**given), "ours": with_engine(ours, **given), "ignite": with_engine(theirs, **given)},
            TURNS,
            EPOCHS,
        )
        for name, given in handlers.items()
    }
    draw = torch.Generator().manual_seed(0)
    pair = torch.randn(64, 10, generator=draw), torch.randint(10, (64,), generator=draw)
    pairs = [pair] * len(BATCHES)
    rows["Accuracy, (64, 10)"] = (
        {
            "hand": accuracy_by_hand(pairs),
            "ours": accuracy_with_engine(ours, Accuracy(), pairs),
            "ignite": accuracy_with_engine(theirs, IgniteAccuracy(), pairs),
        },
        METRIC_TURNS,
        METRIC_EPOCHS,
    )
    return rows


def measure(contenders: dict[str, Run], turns: int, epochs: int) -> Row:
    """The best turn of each contender."""
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(turns):
        for name, run in contenders.items():
            began = time.perf_counter()
            run(epochs)
            best[name] = min(best[name], (time.perf_counter() - began) / (epochs * len(BATCHES)))
    return Row(**{name: seconds * 1e6 for name, seconds in best.items()})


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    as_json = parser.parse_args().json
    torch.set_num_threads(1)
    with torch.no_grad():
        rows = {name: measure(*case) for name, case in cases().items()}
    if as_json:
        print(json.dumps({name: asdict(row) | {"ratio": row.ratio} for name, row in rows.items()}))
        return
    print(f"{'us per iteration':<30}{'by hand':>9}{'ours':>9}{'ignite':>9}   overhead, ours/ignite   ours/by hand")
    for name, row in rows.items():
        figures = f"{row.hand:9.3f}{row.ours:9.3f}{row.ignite:9.3f}"
        print(f"{name:<30}{figures}{f'1/{1 / row.ratio:.0f}':>24}{row.ours / row.hand:>15.2f}")


if __name__ == "__main__":
    main()
