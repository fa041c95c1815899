"""A training that is only tried: afterwards all is as if it had never been."""

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from ... import distributed as idist
from ...engine.engine import Engine
from ...engine.random_state import random_state, set_random_state


@contextmanager
def as_if_never_run(trainer: Engine[Any, Any], objects: Mapping[str, Any]) -> Generator[None]:
    """Whatever runs within, objects, the trainer's place, its metrics and random numbers are as before when it ends.

    The states wait in the host's memory, as many bytes as a checkpoint has.

    Args:
        trainer: what may run.
        objects: what it changes, by name: model, optimizer, schedule, scaler.
    """
    states = io.BytesIO()
    torch.save({name: obj.state_dict() for name, obj in objects.items()}, states)
    place, metrics = trainer.state_dict(), dict(trainer.state.metrics)
    seen = {name: getattr(trainer.state, name) for name in ("batch", "output", "dataloader")}
    numbers, device = random_state(), idist.current().rng_state()
    try:
        yield
    finally:
        states.seek(0)
        saved = torch.load(states, weights_only=False)  # written here, by this process
        for name, obj in objects.items():
            obj.load_state_dict(saved[name])
        trainer.load_state_dict(place)
        trainer.state.metrics.clear()
        trainer.state.metrics.update(metrics)
        vars(trainer.state).update(seen)  # else the last batch that was tried would stay in memory
        set_random_state(numbers)
        idist.current().set_rng_state(device)
