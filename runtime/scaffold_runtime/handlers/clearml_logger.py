"""Curves, configuration and files for ClearML."""

import math
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


class ClearMLLogger(TrackerLogger):
    """Writes what its handlers collect to a task of ClearML; see `TrackerLogger`.

    Without a key it writes an archive, which `Task.import_offline_session` sends later: one of each start of a run,
    the later ones with `previous_task_id`.

    Args:
        id_file: where the task's id stands, so that a resumed run goes on with it.
        **kwargs: for `clearml.Task.init`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "ClearML", "clearml", "clearml"
    environment = {"CLEARML_SUPPRESS_UPDATE_MESSAGE": "1"}  # noqa: RUF012  # nobody changes it
    _bypass: bool | None = None

    def __init__(self, *, id_file: str | Path | None = None, **kwargs: Any) -> None:
        super().__init__(id_file=id_file)
        names = ("frameworks", "arg_parser", "streams")
        quiet = {"output_uri": False, "auto_resource_monitoring": False} | {
            f"auto_connect_{name}": False for name in names
        }
        self._options = {**quiet, **kwargs}
        self._task: Any = None

    @classmethod
    def set_bypass_mode(cls, bypass: bool) -> None:
        """Whether tasks are written to files only, whatever keys there are."""
        cls._bypass = bypass

    @classmethod
    def bypass_mode(cls) -> bool:
        """Whether they are: there is no key, or it was asked for."""
        if cls._bypass is not None:
            return cls._bypass
        file = Path(os.environ.get("CLEARML_CONFIG_FILE", "~/clearml.conf")).expanduser()
        return not (os.environ.get("CLEARML_API_ACCESS_KEY") or file.is_file())

    def get_task(self) -> Any:
        """The task."""
        return self._task if self.client is not None else None

    def _start(self, run_id: str | None) -> Any:
        kind = self._library.Task
        kind._report_subprocess_enabled = False  # with it, `close` hangs now and then
        is_offline = self.bypass_mode()
        kind.set_offline(is_offline)
        if is_offline:
            self._thread.warn("has no key, or is to be offline: it writes an archive for `import_offline_session`.")
        goes_on = {} if run_id is None or is_offline else {"continue_last_task": run_id}
        self._task = kind.init(**{"reuse_last_task_id": False, **self._options, **goes_on})
        self._is_offline = is_offline
        return self._task.get_logger()

    def _run_id(self) -> str:
        return self._task.id

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            title, _, series = name.partition("/")
            if math.isfinite(value):  # else ClearML would show 0
                self._client.report_scalar(title, series or title, value, step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._task.set_parameters_as_dict({"config": dict(config)})

    def _write_file(self, path: Path) -> None:
        self._task.upload_artifact(path.stem.partition("=")[0].replace(".", "_"), artifact_object=str(path))

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        title, _, series = name.partition("/")
        self._client.report_histogram(title, series or title, values.ravel(), iteration=step)

    def _flush(self) -> bool:
        self._task.flush(wait_for_uploads=True)
        return not self._is_offline  # of which the archive is written at the end

    def _end(self, status: str) -> None:
        if status == "failed":
            self._task.mark_failed(force=True)
        if status == "killed":
            self._task.mark_stopped(force=True)
        if self._is_offline:  # an archive keeps no status, and who imports it is told of a task that has completed
            self._task.set_parameter("run/status", status)
        self._task.close()


def setup_clearml_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> ClearMLLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `ClearMLLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: ClearMLLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
