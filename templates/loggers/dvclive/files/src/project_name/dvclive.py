"""The run as DVCLive's files."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import DVCLiveLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_dvclive(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """In the run's folder."""
    logger = DVCLiveLogger(folder.path / "dvclive", id_file=folder.path / "dvclive.json")
    track_run(logger, folder, engines, optimizers)
