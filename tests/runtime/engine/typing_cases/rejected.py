"""Mistakes that a checker finds; the comment at a line's end is the rule that it breaks."""

# ruff: noqa: D103 - programs of users are as long as they need to be
from __future__ import annotations

from torch import nn
from torch.optim import SGD

from scaffold_runtime.engine import Engine, Events, create_supervised_trainer


def step(engine: Engine[str, int], batch: str) -> int:
    return len(batch)


engine = Engine(step)


@engine.on(Events.COMPLETED)
def finish(engine: Engine[str, int], number: int) -> str:
    return f"{number}"


engine.run([1, 2, 3])  # reportArgumentType
engine.set_data([b"bytes"])  # reportArgumentType
engine.run(["a"], max_epochs="3")  # reportArgumentType
engine.run(["a"], epochs=3)  # reportCallIssue
Engine(lambda batch: batch)  # reportArgumentType
finish(engine, "not a number")  # reportArgumentType
engine.on(Events.EPOCH_ENDED)  # reportAttributeAccessIssue
engine.on(Events.COMPLETED(ever=3))  # reportCallIssue
engine.add_event_handler(Events.COMPLETED, 5)  # reportArgumentType
engine.no_such_method()  # reportAttributeAccessIssue
model = nn.Linear(1, 1)
sgd = SGD(model.parameters(), lr=0.1)
create_supervised_trainer(model, sgd, nn.functional.mse_loss, amp_mode="fp16")  # reportArgumentType
