"""The run, read from top to bottom. `python -m project_name.train --help` shows every knob."""

from __future__ import annotations

import time

import torch
from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Events, create_supervised_evaluator, create_supervised_trainer
from scaffold_runtime.handlers import EarlyStopping, TerminateOnNan
from scaffold_runtime.metrics import Accuracy, Average, Loss, Precision, Recall
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from .checkpoints import Checkpoints
from .config import Config, parse_config
from .data import load_datasets
from .launch import launch
from .model import build_model
from .precision import forward_precision
from .profiling import profile
from .report import report
from .run_folder import log, open_run_folder
from .splits import make_loaders
from .tracking import track


def main() -> None:
    """Trains with the configuration of the command line, in as many processes as it asks for."""
    launch(run, parse_config())


def run(local_rank: int, config: Config) -> None:
    """One process of the run."""
    started = time.perf_counter()
    folder = open_run_folder(config)
    if folder.is_finished:
        log.info(f"'{folder.path}' is finished; its results are in '{folder.results}'.")
        return

    torch.manual_seed(config.seed)
    datasets = load_datasets(config.data)
    loaders = make_loaders(datasets, config)

    # The network and what optimizes it
    network = build_model(config.model, channels=datasets.channels, num_classes=datasets.num_classes)
    model = idist.auto_model(network)
    if config.compile:
        model.compile()
    settings = config.optimizer
    optimizer = idist.auto_optim(AdamW(model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay))
    max_epochs = 1 if config.fast_dev_run else config.max_epochs
    steps = -(-len(loaders.train) // settings.gradient_accumulation_steps) * max_epochs
    scheduler = OneCycleLR(optimizer, settings.learning_rate, total_steps=steps, pct_start=settings.warmup_fraction)
    loss_fn = nn.CrossEntropyLoss()

    # Training
    trainer = create_supervised_trainer(
        model,
        optimizer,
        loss_fn,
        device=idist.device(),
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        clip_grad_norm=settings.clip_grad_norm,
        **forward_precision(config.precision),
    )
    Average().attach(trainer, "loss")
    optimizer.register_step_post_hook(lambda *_: scheduler.step())
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())

    # Evaluation, after each epoch on the validation samples and at the end on the test samples
    metrics = {
        "accuracy": Accuracy(device=idist.device()),
        "precision": Precision(average="macro", device=idist.device()),
        "recall": Recall(average="macro", device=idist.device()),
        "loss": Loss(loss_fn, device=idist.device()),
    }
    evaluator = create_supervised_evaluator(model, metrics, device=idist.device())
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: evaluator.run(loaders.val))

    # What happens around it
    track(folder, trainer, evaluator, optimizer)
    checkpoints = Checkpoints(
        folder, trainer, model, score=lambda: evaluator.state.metrics["accuracy"], optimizer=optimizer, scheduler=scheduler
    )
    if config.patience is not None:
        early = EarlyStopping(config.patience, lambda engine: engine.state.metrics["accuracy"], trainer)
        evaluator.add_event_handler(Events.COMPLETED, early)
        checkpoints.include(early_stopping=early)
    if config.profile:
        profile(trainer, folder)

    checkpoints.resume()
    trainer.run(loaders.train, max_epochs=max_epochs)

    # The best network, on samples that no decision was made on
    checkpoints.load_best()
    test = evaluator.run(loaders.test).metrics
    report(folder, trainer, test, seconds=time.perf_counter() - started)


if __name__ == "__main__":
    main()
