"""Curves, configuration and files for Comet."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.engine import Engine
from .logged_values import global_step_from_engine as global_step_from_engine
from .logger_setup import Evaluators, MetricNames, Optimizers, set_up
from .tracker_handlers import GradsHistHandler as GradsHistHandler
from .tracker_handlers import GradsScalarHandler as GradsScalarHandler
from .tracker_handlers import OptimizerParamsHandler as OptimizerParamsHandler
from .tracker_handlers import OutputHandler as OutputHandler
from .tracker_handlers import WeightsHistHandler as WeightsHistHandler
from .tracker_handlers import WeightsScalarHandler as WeightsScalarHandler
from .tracker_logger import TrackerLogger


class CometLogger(TrackerLogger):
    """Writes what its handlers collect to Comet; see `TrackerLogger`.

    Without a key, or where COMET_START_ONLINE=0 says so, it writes an archive that `comet upload` sends later. That is
    there when the run has ended; after a kill the resumed run's archive has all epochs.

    Args:
        id_file: where the experiment's key stands, so that a resumed run goes on with it.
        config: fields of `comet_ml.ExperimentConfig`.
        **kwargs: for `comet_ml.start`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Comet", "comet_ml", "comet-ml"
    environment = {"COMET_DISABLE_AUTO_LOGGING": "1"}  # noqa: RUF012  # nobody changes it

    def __init__(
        self, *, config: Mapping[str, Any] | None = None, id_file: str | Path | None = None, **kwargs: Any
    ) -> None:
        super().__init__(id_file=id_file)
        quiet = {
            "log_code": False,
            "log_git_metadata": False,
            "log_env_details": False,
            "display_summary_level": 0,
            "parse_args": False,
        }
        self._config = {**quiet, "auto_output_logging": False, **(config or {})}
        self._options = kwargs
        self._is_online = False

    def _start(self, run_id: str | None) -> Any:
        comet = self._library
        wanted = os.environ.get("COMET_START_ONLINE", "1").lower() not in ("0", "false")
        self._is_online = self._options.get(
            "online", wanted and bool(comet.config.get_api_key(None, comet.get_config()))
        )
        if not self._is_online:
            self._thread.warn("has no key, or is to be offline: it writes an archive, which `comet upload` sends.")
        options = {**self._options, "online": self._is_online, "experiment_key": run_id}
        return comet.start(**options, experiment_config=comet.ExperimentConfig(**self._config))

    def _run_id(self) -> str:
        return self._client.get_key()

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self._client.log_metrics(dict(values), step=step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._client.log_parameters(dict(config))

    def _write_file(self, path: Path) -> None:
        self._client.log_asset(str(path), file_name=path.name)

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._client.log_histogram_3d(values, name=name, step=step)

    def _flush(self) -> bool:
        return self._is_online and bool(self._client.flush())

    def _end(self, status: str) -> None:
        self._client.log_other("status", status)
        self._client.end()


def setup_comet_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> CometLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `CometLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: CometLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
