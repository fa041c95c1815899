"""The run as one of Aim's: `aim up --repo outputs/aim`."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import AimLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_aim(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """In a repository beside the runs."""
    repository = folder.path.resolve().parent / "aim"
    logger = AimLogger(
        repository,
        __name__.partition(".")[0],
        artifacts=(repository / "artifacts").as_uri(),
        id_file=folder.path / "aim.json",
    )
    track_run(logger, folder, engines, optimizers)
