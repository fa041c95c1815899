"""A training with all that looks at it; killed at an iteration if asked to, and begun or gone on with.

Its words: a folder, and the iteration at which it kills itself, or 0.
"""

import os
import signal
import sys

import torch
from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Events, create_supervised_evaluator, create_supervised_trainer
from scaffold_runtime.engine.random_state import seed_everything
from scaffold_runtime.handlers import (
    Checkpoint,
    CosineAnnealingScheduler,
    DiskSaver,
    ExpStateScheduler,
    GradientNorms,
    LiveTable,
    MemoryReport,
    SanityCheck,
    StepProfiler,
    SWAHandler,
    Throughput,
    resume,
    run_state,
)
from scaffold_runtime.metrics import Loss

folder, killed_at = sys.argv[1], int(sys.argv[2])


def main() -> None:
    """The training, and what is left of it."""
    seed_everything(1)
    draw = torch.Generator().manual_seed(0)
    samples = [(torch.randn(3, generator=draw), torch.randn(1, generator=draw)) for _ in range(48)]
    loader = idist.auto_dataloader(samples, batch_size=4, shuffle=True)
    model = idist.auto_model(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss = nn.functional.mse_loss
    trainer = create_supervised_trainer(model, optimizer, loss, gradient_accumulation_steps=2)
    schedule = CosineAnnealingScheduler(optimizer, "lr", 0.1, 0.01, cycle_size=7, cycle_mult=1.5)
    schedule.attach(trainer)
    noise = ExpStateScheduler(1.0, 0.9, "noise", create_new=True)
    noise.attach(trainer)
    norms = GradientNorms(model, optimizer, max_norm=1.0)
    norms.attach(trainer)
    swa = SWAHandler(model, start_epoch=2)
    swa.attach(trainer)
    evaluator = create_supervised_evaluator(swa.swa_model, {"loss": Loss(loss)})
    SanityCheck(evaluator, loader).attach(trainer)
    Throughput().attach(trainer)
    MemoryReport(model, optimizer).attach(trainer)
    StepProfiler(f"{folder}/trace.json", num_iterations=4, skip=2).attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run(loader))
    table = LiveTable()
    table.attach(trainer, {"train": trainer, "val": evaluator})
    state = run_state(
        trainer, evaluator, model=model, optimizer=optimizer, schedule=schedule, noise=noise, norms=norms, swa=swa,
        table=table,
    )  # fmt: skip
    saver = DiskSaver(folder, require_empty=False)
    trainer.add_event_handler(Events.ITERATION_COMPLETED, Checkpoint(state, saver, n_saved=2))
    if killed_at:
        event = Events.ITERATION_COMPLETED(once=killed_at)
        trainer.add_event_handler(event, lambda: os.kill(os.getpid(), signal.SIGKILL))
    resume(state, folder)
    trainer.run(loader, max_epochs=4)
    seen = ("gradient_norm", "gradient_norm_max", "clipped")
    print("weights", [weight.tolist() for weight in model.parameters()])
    print("mean", swa.num_averaged, [weight.tolist() for weight in swa.swa_model.parameters()])
    print("told", trainer.state.noise, schedule.state_dict(), {name: trainer.state.metrics[name] for name in seen})
    rows = [
        {key: value for key, value in row.items() if "second" not in key and "memory" not in key} for row in table.rows
    ]
    print("rows", rows if idist.get_rank() == 0 else "")


with idist.Parallel(backend="gloo" if "WORLD_SIZE" in os.environ else None):
    main()
