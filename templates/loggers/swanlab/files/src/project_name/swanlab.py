"""The run as one of SwanLab's."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import SwanLabLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_swanlab(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """With SWANLAB_API_KEY; without it, in files for `swanlab sync`."""
    logger = SwanLabLogger(
        project=__name__.partition(".")[0],
        name=folder.path.name,
        log_dir=str(folder.path.resolve().parent / "swanlog"),
        id_file=folder.path / "swanlab.json",
    )
    track_run(logger, folder, engines, optimizers)
