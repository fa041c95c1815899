"""Programs of users that a strict checker accepts."""

# ruff: noqa: D103 - programs of users are as long as they need to be
from __future__ import annotations

from typing import assert_type

from torch import Tensor, nn
from torch.optim import SGD

from scaffold_runtime.engine import (
    Engine,
    EventEnum,
    Events,
    RemovableEventHandle,
    State,
    create_supervised_evaluator,
    create_supervised_trainer,
)

Pair = tuple[Tensor, Tensor]


class Backprop(EventEnum):
    STARTED = "backprop_started"


def step(engine: Engine[Pair, float], batch: Pair) -> float:
    x, y = batch
    return float((x - y).sum())


trainer = Engine(step)
assert_type(trainer, Engine[Pair, float])
trainer.register_events(*Backprop)


@trainer.on(Events.ITERATION_COMPLETED(every=2) | Backprop.STARTED)
def log(engine: Engine[Pair, float], prefix: str = "loss") -> str:
    return f"{prefix} {engine.state.output}"


assert_type(log(trainer, "again"), str)  # the decorator keeps the signature


@trainer.on(Events.COMPLETED)
def done() -> None:
    trainer.state.anything = trainer.state.metrics.get("accuracy")


def add(pairs: list[Pair]) -> State:
    handle = trainer.add_event_handler(Events.STARTED, log, prefix="start")
    assert_type(handle, RemovableEventHandle)
    with handle:
        state = trainer.run(pairs, max_epochs=3)
    trainer.load_state_dict(trainer.state_dict())
    return state


model = nn.Linear(1, 1)
supervised = create_supervised_trainer(model, SGD(model.parameters(), lr=0.1), nn.functional.mse_loss, amp_mode="amp")
evaluator = create_supervised_evaluator(model)
evaluator.run([(1, 2)])
