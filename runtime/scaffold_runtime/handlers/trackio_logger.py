"""Curves and configuration for Trackio."""

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


class TrackioLogger(TrackerLogger):
    """Writes what its handlers collect to Trackio, a folder that `trackio show` shows; see `TrackerLogger`.

    Args:
        project: where the run belongs.
        folder: of the data; as TRACKIO_DIR says if not given.
        id_file: where the run's name stands, so that a resumed run goes on with it.
        **kwargs: for `trackio.init`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Trackio", "trackio", "trackio"

    def __init__(
        self, project: str, *, folder: str | Path | None = None, id_file: str | Path | None = None, **kwargs: Any
    ) -> None:
        super().__init__(id_file=id_file)
        self.environment = {} if folder is None else {"TRACKIO_DIR": str(folder)}
        self._options: dict[str, Any] = {
            "project": project,
            "embed": False,
            "auto_log_gpu": False,
            "auto_log_cpu": False,
            **kwargs,
        }
        self._run: Any = None

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Writes what the run was started with; at its start, as Trackio sends it with the first values."""
        self._options.setdefault("config", dict(config))
        super().write_config(config)

    def _start(self, run_id: str | None) -> Any:
        name = {} if run_id is None else {"name": run_id}
        self._run = self._library.init(**{**self._options, **name, "resume": "allow"})
        return self._library

    def _run_id(self) -> str:
        return self._run.name

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self._library.log(dict(values), step=step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._run.config.update(config)

    def _write_file(self, path: Path) -> None:
        self._library.save(path, project=self._options["project"])

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._library.log({name: self._library.Histogram(values)}, step=step)

    def _flush(self) -> bool:
        return False  # its own thread holds rows back for a moment

    def _end(self, status: str) -> None:
        self._library.finish()


def setup_trackio_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> TrackioLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `TrackioLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: TrackioLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
