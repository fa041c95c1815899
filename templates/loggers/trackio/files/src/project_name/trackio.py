"""The run as one of Trackio's: `TRACKIO_DIR=outputs/trackio trackio show`."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import TrackioLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_trackio(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """In a folder beside the runs."""
    logger = TrackioLogger(
        __name__.partition(".")[0],
        name=folder.path.name,
        folder=folder.path.resolve().parent / "trackio",
        id_file=folder.path / "trackio.json",
    )
    track_run(logger, folder, engines, optimizers)
