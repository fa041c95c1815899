"""Curves and configuration for SwanLab."""

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

STATES = {"finished": "success", "failed": "crashed", "killed": "aborted"}


class SwanLabLogger(TrackerLogger):
    """Writes what its handlers collect to SwanLab; see `TrackerLogger`.

    Without a key, or where SWANLAB_MODE says so, it writes files that `swanlab sync` sends later.

    Args:
        id_file: where the run's id stands, so that a resumed run goes on with it.
        **kwargs: for `swanlab.init`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "SwanLab", "swanlab", "swanlab"

    def __init__(self, *, id_file: str | Path | None = None, **kwargs: Any) -> None:
        super().__init__(id_file=id_file)
        self._options = kwargs
        self._id = ""

    def _start(self, run_id: str | None) -> Any:
        mode = "online" if os.environ.get("SWANLAB_API_KEY") else "offline"
        quiet = self._library.Settings(terminal={"proxy_type": "none"}, probe={"monitor": False})
        options = {"mode": os.environ.get("SWANLAB_MODE", mode), "settings": quiet, **self._options}
        if options["mode"] == "offline":
            self._thread.warn("has no key, or is to be offline: it writes files, which `swanlab sync` sends.")
        self._id = run_id or secrets.token_hex(10)
        self._library.init(**{**options, "id": self._id, "resume": "allow"})
        return self._library

    def _run_id(self) -> str:
        return self._id

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self._library.log(dict(values), step=step)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._library.config.update(dict(config))

    def _write_file(self, path: Path) -> None:
        if path.suffix == ".png":
            self._library.log({path.stem: self._library.Image(str(path))})

    def _flush(self) -> bool:
        return False  # records are held back for a moment

    def _end(self, status: str) -> None:
        self._library.finish(state=STATES[status])


def setup_swanlab_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> SwanLabLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `SwanLabLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: SwanLabLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
