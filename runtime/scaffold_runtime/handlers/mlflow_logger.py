"""Curves, configuration and files for MLflow."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.engine import Engine
from .logged_values import global_step_from_engine as global_step_from_engine
from .logger_setup import Evaluators, MetricNames, Optimizers, set_up
from .tracker_handlers import OptimizerParamsHandler as OptimizerParamsHandler
from .tracker_handlers import OutputHandler as OutputHandler
from .tracker_logger import TrackerLogger

STATUS = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED"}


class MLflowLogger(TrackerLogger):
    """Writes what its handlers collect to MLflow; see `TrackerLogger`.

    Args:
        tracking_uri: a server, or `sqlite:///FILE`; as MLFLOW_TRACKING_URI says if not given.
        experiment_name: where the run belongs.
        artifact_location: of files, for an experiment that is not there yet; as MLflow chooses if not given.
        run_name: of a new run.
        id_file: where the run's id stands, so that a resumed run goes on with it.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "MLflow", "mlflow", "mlflow"
    environment = {  # noqa: RUF012  # nobody changes it
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # a server that is away would be asked for minutes
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",  # seconds; a large checkpoint takes a server some
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }

    def __init__(
        self,
        tracking_uri: str | None = None,
        *,
        experiment_name: str | None = None,
        artifact_location: str | None = None,
        run_name: str | None = None,
        id_file: str | Path | None = None,
    ) -> None:
        super().__init__(id_file=id_file)
        self._where = (tracking_uri, experiment_name, artifact_location)
        self._run_name = run_name
        self._run: Any = None
        self._is_new = True

    @property
    def active_run(self) -> Any:
        """The run, as `mlflow.active_run()` gives it."""
        return self.__getattr__("active_run")()

    def _start(self, run_id: str | None) -> Any:
        mlflow = self._library
        tracking_uri, experiment_name, artifact_location = self._where
        if tracking_uri is not None:
            mlflow.set_tracking_uri(tracking_uri)
        if experiment_name is not None:
            if artifact_location is not None and mlflow.get_experiment_by_name(experiment_name) is None:
                mlflow.create_experiment(experiment_name, artifact_location)
            mlflow.set_experiment(experiment_name)
        self._is_new = run_id is None
        self._run = mlflow.start_run(run_id=run_id, run_name=self._run_name)
        return mlflow

    def _run_id(self) -> str:
        return self._run.info.run_id

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        # MLflow refuses names with other characters, and all values of the call with them.
        self._library.log_metrics(
            {re.sub(r"[^\w./ :-]", "_", name): value for name, value in values.items()}, step=step
        )

    def _write_config(self, config: Mapping[str, Any]) -> None:
        if self._is_new:  # a parameter is never changed, and a resumed run may have other ones
            self._library.log_params(dict(config))

    def _write_file(self, path: Path) -> None:
        self._library.log_artifact(str(path))

    def _end(self, status: str) -> None:
        self._library.end_run(STATUS[status])


def setup_mlflow_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> MLflowLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `MLflowLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: MLflowLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
