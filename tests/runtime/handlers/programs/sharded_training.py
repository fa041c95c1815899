"""Trains with one way of spreading a model over processes, from a checkpoint that another way may have left.

Usage: sharded_training.py FOLDER none|ddp|fsdp STEPS. Prints from which step it went on, and the sum of
the weights' squares, in double precision.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.run_state import resume


def build(strategy: str) -> nn.Module:
    """The network, spread."""
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    if strategy == "none":
        return network
    return idist.shard_model(network) if strategy == "fsdp" else idist.auto_model(network)


def main(folder: Path, strategy: str, steps: int) -> None:
    """Every process trains on the same batch, so that only the spreading differs."""
    if strategy != "none":
        idist.initialize("gloo")
    model = build(strategy)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    x = torch.linspace(-1, 1, 12, dtype=torch.float64).view(4, 3)

    def step(engine: Engine[Any, Any], batch: int) -> None:
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    trainer: Engine[Any, Any] = Engine(step)
    state = {"model": model, "optimizer": optimizer, "trainer": trainer}
    checkpoint = Checkpoint(state, DiskSaver(folder, require_empty=False))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=steps), checkpoint)
    resume(state, folder)
    done = trainer.state.iteration
    trainer.run(max_iters=steps, epoch_length=100)
    weights: list[Any] = [
        getattr(weight, "full_tensor", lambda weight=weight: weight)() for weight in model.parameters()
    ]
    total: Tensor = torch.stack([weight.detach().square().sum() for weight in weights]).sum()
    print(done, total.item())
    idist.finalize()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
