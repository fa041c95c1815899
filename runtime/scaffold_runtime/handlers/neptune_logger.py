"""Curves, configuration and files as Neptune's, whose service is said to have ended in March 2026."""

import math
import os
import secrets
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


class NeptuneLogger(TrackerLogger):
    """Writes what its handlers collect to a run of Neptune; see `TrackerLogger`.

    Its service is said to have ended in March 2026: this is for programs that have it. Without a token it writes a
    folder.

    Args:
        api_token: of the service; as NEPTUNE_API_TOKEN says if not given.
        project: where the run belongs.
        folder: of runs without the service; `.neptune` where the program runs if not given.
        id_file: where the run's id stands, so that a resumed run goes on with it.
        **kwargs: for `neptune.init_run`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Neptune", "neptune", "neptune"

    def __init__(
        self,
        api_token: str | None = None,
        project: str | None = None,
        *,
        folder: str | Path | None = None,
        id_file: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(id_file=id_file)
        names = ("stdout", "stderr", "hardware_metrics", "traceback")
        if folder is not None:
            self.environment = {"NEPTUNE_DATA_DIRECTORY": str(folder)}
        quiet = dict.fromkeys(("git_ref", *(f"capture_{name}" for name in names)), False)
        self._options: dict[str, Any] = {
            "api_token": api_token,
            "project": project,
            "source_files": [],
            **quiet,
            **kwargs,
        }
        self._id = ""

    @property
    def experiment(self) -> Any:
        """The run."""
        return self.client

    def __getitem__(self, key: str) -> Any:
        """A field of the run."""
        return self.client[key] if self.client is not None else None

    def __setitem__(self, key: str, val: Any) -> None:
        """Sets a field of the run."""
        self._put(lambda: self._client.__setitem__(key, val))

    def _start(self, run_id: str | None) -> Any:
        has_token = self._options["api_token"] or os.environ.get("NEPTUNE_API_TOKEN")
        mode = os.environ.get("NEPTUNE_MODE") or ("async" if has_token else "offline")
        if mode == "offline":
            self._thread.warn("has no token, or is to be offline: it writes a folder, which `neptune sync` would send.")
        self._id = run_id or secrets.token_hex(16)  # the service knows by it that a later start is the same run
        return self._library.init_run(**{"mode": mode, **self._options}, custom_run_id=self._id)

    def _run_id(self) -> str:
        return self._id

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            if math.isfinite(value):  # which is all that Neptune takes
                self._client[name].append(value, step=step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._client["config"] = self._library.utils.stringify_unsupported(dict(config))

    def _write_file(self, path: Path) -> None:
        self._client[f"files/{path.name}"].upload(str(path))

    def _flush(self) -> bool:
        return False  # a later start writes a folder of its own

    def _end(self, status: str) -> None:
        self._client["status"] = status
        self._client.stop()


def setup_neptune_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> NeptuneLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `NeptuneLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: NeptuneLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
