"""Curves for TensorBoard: `tensorboard --logdir outputs`."""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import setup_tb_logging

from .run_folder import RunFolder


def track_with_tensorboard(
    folder: RunFolder, trainer: Engine[Any, Any], evaluator: Engine[Any, Any], optimizer: Optimizer
) -> None:
    """The training loss and the learning rate every 10 iterations, the validation metrics every epoch."""
    setup_tb_logging(str(folder.path / "tensorboard"), trainer, optimizer, {"val": evaluator}, log_every_iters=10)
