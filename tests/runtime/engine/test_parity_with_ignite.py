"""The same programs on Ignite's engine and on ours: both fire the same events, with the same state, in the same order.

A program is data - its handlers, the data it runs on, how long, what it does on the way - drawn at random and
carried out on either library.
"""

import random
import warnings
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

import scaffold_runtime.engine as ours

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    import ignite.engine as theirs

EVENTS = [event.name for event in ours.Events if event.name != "INTERRUPT"]
COUNTED = ["ITERATION_STARTED", "ITERATION_COMPLETED", "EPOCH_STARTED", "EPOCH_COMPLETED"]
FETCHES = ["GET_BATCH_STARTED", "GET_BATCH_COMPLETED"]


class Sizeless:
    """Batches that can be iterated over again, of a number that nobody knows beforehand."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __iter__(self):
        return iter(range(self.size))


DATA = {
    "list": lambda size: list(range(size)),
    "sizeless": Sizeless,
    "iterator": lambda size: iter(range(100)),  # enough for any program; what follows an end is ours
    "none": lambda size: None,
}


@dataclass(frozen=True)
class Program:
    """What to do, in words that both libraries understand."""

    listens: list[list[tuple[str, dict[str, Any]]]]  # for each handler, its events and their filters
    data: str
    size: int
    bounds: dict[str, int]
    action: tuple[str, dict[str, Any], str, dict[str, Any]] | None  # event, filter, method, arguments


def draw_filter(draw: random.Random) -> dict[str, Any]:
    """Any kind of filter, or none."""
    kind = draw.choice(["none", "every", "once", "several", "bounds", "all", "predicate"])
    if kind == "none":
        return {}
    if kind == "predicate":
        modulus = draw.randint(2, 4)
        return {"event_filter": lambda engine, count: count % modulus == 1}
    if kind == "once":
        return {"once": draw.randint(1, 9)}
    if kind == "several":
        return {"once": draw.sample(range(1, 12), 3)}
    bounds = {"after": draw.randint(0, 5), "before": draw.randint(4, 12)}
    every = {"every": draw.randint(1, 4)}
    return {"every": every, "bounds": bounds, "all": every | bounds}[kind]


def draw_program(seed: int) -> Program:
    """A program; filters stand only where an attribute counts the event, in both libraries the same way."""
    draw = random.Random(seed)
    listens = [[(name, {})] for name in EVENTS]
    listens += [
        [(name, draw_filter(draw)) for name in draw.sample(COUNTED, draw.randint(1, 3))]
        for _ in range(draw.randint(0, 8))
    ]
    if draw.random() < 0.5:
        listens = [events for events in listens if events[0][0] not in FETCHES]
    draw.shuffle(listens)
    data, size = draw.choice(list(DATA)), draw.randint(1, 6)
    bounds = {"max_epochs": draw.randint(1, 4)} if draw.random() < 0.6 else {"max_iters": draw.randint(1, 14)}
    if data == "sizeless":  # once it has learned the length, Ignite takes `max_iters` for as many epochs
        bounds = {"max_epochs": draw.randint(1, 4)}
    if data in ("none", "iterator") or draw.random() < 0.4:
        bounds["epoch_length"] = draw.randint(1, 8)
    action = None
    if draw.random() < 0.6:
        method = draw.choice([("terminate", {}), ("terminate", {"skip_completed": True}), ("terminate_epoch", {})])
        event = draw.choice([*COUNTED[:2], "EPOCH_COMPLETED"] if method[0] == "terminate" else COUNTED[:2])
        action = (event, {"once": draw.randint(1, 6)}, *method)
    return Program(listens, data, size, bounds, action)


def carry_out(program: Program, library: ModuleType) -> list[Any]:
    """What the handlers of the program see, and where it ends."""
    trace: list[Any] = []
    engine = library.Engine(lambda engine, batch: (batch or 0) * 10)

    def note(engine, number, iter_counter=None):
        state, name = engine.state, engine.last_event_name.name
        seen = [number, name, state.epoch, state.iteration, iter_counter]
        if name in ("GET_BATCH_COMPLETED", "ITERATION_STARTED", "ITERATION_COMPLETED"):
            seen.append(state.batch)
        if name == "ITERATION_COMPLETED":
            seen.append(state.output)
        trace.append(seen)

    for number, events in enumerate(program.listens):
        mixture = None
        for name, given in events:
            event = getattr(library.Events, name)
            event = event(**given) if given else event
            mixture = event if mixture is None else mixture | event
        engine.add_event_handler(mixture, note, number)
    if program.action is not None:
        name, given, method, arguments = program.action
        engine.add_event_handler(
            getattr(library.Events, name)(**given), lambda engine: getattr(engine, method)(**arguments)
        )
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        engine.run(DATA[program.data](program.size), **program.bounds)
    state = engine.state
    return [*trace, ("end", state.epoch, state.iteration, state.epoch_length, len(warned))]


@pytest.mark.parametrize("hundred", range(10))
def test_random_programs(hundred):
    """A hundred random programs leave the same trace in both libraries."""
    for seed in range(100 * hundred, 100 * hundred + 100):
        program = draw_program(seed)
        assert carry_out(program, ours) == carry_out(program, theirs), (seed, program)
