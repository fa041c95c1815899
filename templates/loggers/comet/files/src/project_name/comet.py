"""The run as one of Comet's."""

import os
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import CometLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_comet(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """With COMET_API_KEY; without it, in an archive for `comet upload`."""
    logger = CometLogger(
        project_name=os.environ.get("COMET_PROJECT_NAME", __name__.partition(".")[0]),
        config={"name": folder.path.name, "offline_directory": str(folder.path.resolve().parent / "comet")},
        id_file=folder.path / "comet.json",
    )
    track_run(logger, folder, engines, optimizers)
