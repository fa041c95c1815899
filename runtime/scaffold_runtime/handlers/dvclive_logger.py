"""Curves and configuration as the files of DVCLive."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.engine import Engine
from .logged_values import global_step_from_engine as global_step_from_engine
from .logger_setup import Evaluators, MetricNames, Optimizers, set_up
from .tracker_handlers import GradsScalarHandler as GradsScalarHandler
from .tracker_handlers import OptimizerParamsHandler as OptimizerParamsHandler
from .tracker_handlers import OutputHandler as OutputHandler
from .tracker_handlers import WeightsScalarHandler as WeightsScalarHandler
from .tracker_logger import TrackerLogger


class DVCLiveLogger(TrackerLogger):
    """Writes what its handlers collect as DVCLive's files; see `TrackerLogger`.

    Args:
        dir: the folder.
        id_file: is there if the folder holds a run that is to go on.
        **kwargs: for `dvclive.Live`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "DVCLive", "dvclive", "dvclive"
    environment = {"DVC_NO_ANALYTICS": "true"}  # noqa: RUF012  # nobody changes it

    def __init__(self, dir: str | Path = "dvclive", *, id_file: str | Path | None = None, **kwargs: Any) -> None:
        super().__init__(id_file=id_file)
        self._options: dict[str, Any] = {
            "dir": str(dir),
            "report": None,
            "save_dvc_exp": False,
            "dvcyaml": False,
            **kwargs,
        }

    def _start(self, run_id: str | None) -> Any:
        return self._library.Live(**{**self._options, "resume": run_id is not None})

    def _run_id(self) -> str:
        return self._options["dir"]

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self._client.step = step
        for name, value in values.items():
            self._client.log_metric(name, value)
        self._client.make_summary()

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._client.log_params(dict(config))

    def _write_file(self, path: Path) -> None:
        if path.suffix == ".png":
            self._client.log_image(path.name, str(path))

    def _end(self, status: str) -> None:
        self._client.end()


def setup_dvclive_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> DVCLiveLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `DVCLiveLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: DVCLiveLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
