"""Curves, configuration and files for Aim."""

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


class AimLogger(TrackerLogger):
    """Writes what its handlers collect to a repository of Aim; see `TrackerLogger`.

    Args:
        repo: a folder, or a server such as `aim://host:53800`.
        experiment: where the run belongs.
        artifacts: where files go, such as `file:///folder`; they are left out if not given.
        id_file: where the run's hash stands, so that a resumed run goes on with it.
        **kwargs: for `aim.Run`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Aim", "aim", "aim"

    def __init__(
        self,
        repo: str | Path | None = None,
        experiment: str | None = None,
        *,
        artifacts: str | None = None,
        id_file: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(id_file=id_file)
        quiet = {"system_tracking_interval": None, "capture_terminal_logs": False, "log_system_params": False}
        self._options = {"repo": repo and str(repo), "experiment": experiment, **quiet, **kwargs}
        self._artifacts = artifacts

    def _start(self, run_id: str | None) -> Any:
        # A run that was killed has left its lock.
        run = self._library.Run(**{"run_hash": run_id, "force_resume": run_id is not None, **self._options})
        if self._artifacts is not None:
            run.set_artifacts_uri(self._artifacts)
        return run

    def _run_id(self) -> str:
        return self._client.hash

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            self._client.track(value, name=name, step=step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._client["config"] = dict(config)

    def _write_file(self, path: Path) -> None:
        if self._artifacts is not None:
            self._client.log_artifact(str(path), name=path.name)

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._client.track(self._library.Distribution(values), name=name, step=step)

    def _end(self, status: str) -> None:
        self._client["status"] = status  # Aim itself knows only whether a run has ended
        self._client.close()


def setup_aim_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> AimLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `AimLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: AimLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
