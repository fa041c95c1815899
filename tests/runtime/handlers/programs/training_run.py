"""A small training that can be saved, killed, told to leave, and resumed; run again, it goes on.

Usage: training_run.py FOLDER EPOCHS [--pause SECONDS] [--time-limit SECONDS] [--backend gloo] [--workers N]
[--validate SECONDS]. Prints "from N", "at N" when it first trains, "validates E" and "validated E VALUE" if it does,
and at the end a checksum of all that it has learnt. It is the first of a process group of its own.
"""

import argparse
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine.engine import Engine
from scaffold_runtime.engine.events import Events
from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver
from scaffold_runtime.handlers.checkpoint import Checkpoint
from scaffold_runtime.handlers.ema_handler import EMAHandler
from scaffold_runtime.handlers.preemption import Preemption
from scaffold_runtime.handlers.run_state import resume, run_state
from scaffold_runtime.handlers.time_limit import TimeLimit
from scaffold_runtime.metrics import Average


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("epochs", type=int)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--backend")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--validate", type=float, help="seconds of a step of the second validation")
    return parser.parse_args()


def validation(trainer: Engine[Any, Any], loader: Any, pause: float) -> Engine[Any, Any]:
    """After each epoch; it draws random numbers, as the training does."""

    def step(engine: Engine[Any, Any], batch: tuple[Tensor, Tensor]) -> Tensor:
        time.sleep(pause if trainer.state.epoch == 2 else 0)
        return batch[1].sum() + torch.rand(())

    evaluator: Engine[Any, Any] = Engine(step)
    Average().attach(evaluator, "sum")
    evaluator.add_event_handler(
        Events.ITERATION_COMPLETED(once=2), lambda: print(f"validates {trainer.state.epoch}", flush=True)
    )

    def validate() -> None:
        value = evaluator.run(loader).metrics["sum"]
        print(f"validated {trainer.state.epoch} {value:.6f}", flush=True)

    trainer.add_event_handler(Events.EPOCH_COMPLETED, validate)
    return evaluator


def main(options: argparse.Namespace) -> None:
    """Trains to the end, or until it is told to leave."""
    os.setpgid(0, 0)
    if options.backend:
        idist.initialize(options.backend)
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 80).view(40, 2)
    data = TensorDataset(x, x.sum(1, keepdim=True))
    loader = idist.auto_dataloader(data, batch_size=4, shuffle=True, num_workers=options.workers)
    model = idist.auto_model(nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 1)))
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)

    def step(engine: Engine[Any, Any], batch: tuple[Tensor, Tensor]) -> Tensor:
        time.sleep(options.pause)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        return loss.detach()

    trainer: Engine[Any, Any] = Engine(step)
    Average().attach(trainer, "loss")  # which the processes exchange before each validation
    ema = EMAHandler(model, 0.1)
    ema.attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: scheduler.step())
    state = run_state(trainer, model=model, optimizer=optimizer, scheduler=scheduler, ema=ema)
    saver = AsyncDiskSaver(options.folder, require_empty=False)
    checkpoint = Checkpoint(state, saver, n_saved=2)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(every=7), checkpoint)
    evaluators = [] if options.validate is None else [validation(trainer, loader, options.validate)]
    if idist.get_rank() == 0:  # as trackers are attached
        trainer.add_event_handler(Events.EPOCH_COMPLETED, print, "rank 0 has told of an epoch", flush=True)
    Preemption(checkpoint, check_every=5).attach(trainer, *evaluators)
    if options.time_limit:
        limit = TimeLimit(options.time_limit, checkpoint, check_every=5)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, limit)
    resume(state, options.folder)
    print(f"from {trainer.state.iteration}", flush=True)
    first = Events.ITERATION_STARTED(event_filter=lambda engine, count: True)
    handle = trainer.add_event_handler(
        first, lambda: (handle.remove(), print(f"at {trainer.state.iteration}", flush=True))
    )
    trainer.run(loader, max_epochs=options.epochs)
    learnt = [*model.state_dict().values(), *ema.ema_model.state_dict().values()]
    print("end", hashlib.sha256(b"".join(value.numpy().tobytes() for value in learnt)).hexdigest())
    idist.finalize()


if __name__ == "__main__":
    main(arguments())
