"""The run as one of MLflow's: `mlflow ui --backend-store-uri sqlite:///outputs/mlflow.db`."""

import os
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import MLflowLogger
from scaffold_runtime.run import RunFolder, track_run


def track_with_mlflow(
    folder: RunFolder, engines: Mapping[str, Engine[Any, Any]], optimizers: Mapping[str, Optimizer]
) -> None:
    """At the server that MLFLOW_TRACKING_URI names; without one, in a file beside the runs."""
    beside = folder.path.resolve().parent
    server = os.environ.get("MLFLOW_TRACKING_URI")
    logger = MLflowLogger(
        server or f"sqlite:///{beside / 'mlflow.db'}",
        experiment_name=os.environ.get("MLFLOW_EXPERIMENT_NAME", __name__.partition(".")[0]),
        artifact_location=None if server else (beside / "mlflow").as_uri(),
        run_name=folder.path.name,
        id_file=folder.path / "mlflow.json",
    )
    track_run(logger, folder, engines, optimizers)
