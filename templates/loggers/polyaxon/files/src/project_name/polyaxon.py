"""The run as one of Polyaxon's."""

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import PolyaxonLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_polyaxon(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """At POLYAXON_HOST; without it, in a folder beside the runs."""
    logger = PolyaxonLogger(
        project=__name__.partition(".")[0],
        name=folder.path.name,
        folder=folder.path.resolve().parent / "polyaxon",
        id_file=folder.path / "polyaxon.json",
    )
    track_run(logger, folder, engines, optimizers)
