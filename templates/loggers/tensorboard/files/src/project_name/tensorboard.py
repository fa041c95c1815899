"""Curves for TensorBoard: `tensorboard --logdir outputs`."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import setup_tb_logging
from scaffold_runtime.run import RunFolder


def track_with_tensorboard(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """The training loss and the learning rates every 10 iterations, the validation metrics every epoch."""
    trainer, *_ = engines.values()
    evaluators = {name: engine for name, engine in engines.items() if engine is not trainer}
    setup_tb_logging(str(folder.path / "tensorboard"), trainer, {**optimizers}, evaluators, log_every_iters=10)
