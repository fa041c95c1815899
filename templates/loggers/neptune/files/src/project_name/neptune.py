"""The run as one of Neptune's, whose service is said to have ended in March 2026."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import NeptuneLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_neptune(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """With NEPTUNE_API_TOKEN; without it, in a folder beside the runs."""
    logger = NeptuneLogger(
        name=folder.path.name, folder=folder.path.resolve().parent / "neptune", id_file=folder.path / "neptune.json"
    )
    track_run(logger, folder, engines, optimizers)
