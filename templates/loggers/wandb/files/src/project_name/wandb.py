"""The run as one of Weights & Biases."""

import os
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import WandBLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_wandb(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """With the key of `wandb login` or WANDB_API_KEY; without one, in files for `wandb sync`."""
    logger = WandBLogger(
        project=os.environ.get("WANDB_PROJECT", __name__.partition(".")[0]),
        name=folder.path.name,
        dir=str(folder.path.resolve().parent),
        id_file=folder.path / "wandb.json",
    )
    track_run(logger, folder, engines, optimizers)
