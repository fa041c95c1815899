"""The run's curves on a server of Visdom."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import VisdomLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_visdom(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """At VISDOM_SERVER_URL and VISDOM_PORT, in an environment of the run's name."""
    logger = VisdomLogger(
        env=f"{__name__.partition('.')[0]}_{folder.path.name}",
        log_to_filename=folder.path / "visdom.log",
        id_file=folder.path / "visdom.json",
    )
    track_run(logger, folder, engines, optimizers)
