"""The run, read from top to bottom. `--help` shows every knob; they are fields of `config.py`."""

from __future__ import annotations

import time

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import AdamW

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Events, create_supervised_trainer
from scaffold_runtime.engine.random_state import seed_everything
from scaffold_runtime.handlers import EarlyStopping, EMAHandler, TerminateOnNan, TerminateTogether
from scaffold_runtime.metrics import Average

from .checkpoints import Checkpoints
from .config import Config, parse_config
from .data import load_datasets
from .evaluation import create_evaluator
from .launch import launch
from .model import build_model
from .profiling import profile
from .report import report
from .run_folder import log, open_run_folder
from .schedule import warmup_then_cosine
from .splits import make_loaders
from .tracking import track

AMP_DTYPES = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def main() -> None:
    """Trains with the configuration of the command line, in as many processes as it asks for."""
    launch(run, parse_config())


def run(local_rank: int, config: Config) -> None:
    """One process of the run."""
    started = time.perf_counter()
    folder = open_run_folder(config)
    if folder.is_finished:
        log.info(f"The run is finished: {folder.results}")
        return
    seed_everything(config.seed)
    device = idist.device()

    # Data
    datasets = load_datasets(config.data)
    loaders = make_loaders(datasets, config)

    # Network and optimizer
    network = build_model(config.model, channels=datasets.channels, num_classes=datasets.num_classes)
    model = idist.auto_model(network)
    if config.compile:
        model.compile()
    loss_fn = nn.CrossEntropyLoss()
    knobs = config.optimizer
    optimizer = idist.auto_optim(AdamW(model.parameters(), knobs.learning_rate, weight_decay=knobs.weight_decay))
    max_epochs = 1 if config.fast_dev_run else config.max_epochs
    num_steps = max_epochs * -(-len(loaders.train) // knobs.gradient_accumulation_steps)
    scheduler = warmup_then_cosine(optimizer, num_steps=num_steps, warmup_fraction=knobs.warmup_fraction)
    optimizer.register_step_post_hook(lambda *_: scheduler.step())
    scaler = GradScaler(device.type, enabled=config.precision == "fp16")

    # Training
    trainer = create_supervised_trainer(
        model,
        optimizer,
        loss_fn,
        device=device,
        amp_mode=None if config.precision == "fp32" else "amp",
        amp_dtype=AMP_DTYPES[config.precision],
        scaler=scaler if scaler.is_enabled() else False,
        gradient_accumulation_steps=knobs.gradient_accumulation_steps,
        clip_grad_norm=knobs.clip_grad_norm,
    )
    Average(device=device).attach(trainer, "loss")
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    TerminateTogether().attach(trainer)

    # What is evaluated and kept: the network, or the moving average of its weights
    averages = {}
    if config.ema_momentum is not None:
        averages["ema"] = EMAHandler(model, config.ema_momentum)
        averages["ema"].attach(trainer)
    evaluated = averages["ema"].ema_model if averages else model

    # Validation after each epoch
    evaluator = create_evaluator(evaluated, loss_fn)
    stopping = EarlyStopping(config.patience, lambda engine: engine.state.metrics["accuracy"], trainer)
    evaluator.add_event_handler(Events.COMPLETED, stopping)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run(loaders.val))

    # What is shown and saved
    track(folder, trainer, evaluator, optimizer)
    checkpoints = Checkpoints(
        folder,
        config,
        trainer,
        evaluator,
        evaluated,
        score_name="accuracy",
        model=model,
        optimizer=optimizer,
        scheduler=scheduler,
        scaler=scaler,
        stopping=stopping,
        **averages,
    )
    if config.profile:
        profile(trainer, folder)

    # The run, and the test of its best network on samples that no decision was made on
    checkpoints.resume()
    trainer.run(loaders.train, max_epochs=max_epochs)
    checkpoints.load_best()
    test = create_evaluator(evaluated, loss_fn).run(loaders.test).metrics
    report(folder, epochs=trainer.state.epoch, seconds=time.perf_counter() - started, metrics=test)


if __name__ == "__main__":
    main()
