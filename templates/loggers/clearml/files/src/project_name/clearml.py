"""The run as one of ClearML's tasks."""

import os
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import ClearMLLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_clearml(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """With the keys of `clearml-init`; without them, in an archive beside the runs."""
    os.environ.setdefault("CLEARML_CACHE_DIR", str(folder.path.resolve().parent / "clearml"))
    logger = ClearMLLogger(
        project_name=__name__.partition(".")[0], task_name=folder.path.name, id_file=folder.path / "clearml.json"
    )
    track_run(logger, folder, engines, optimizers)
