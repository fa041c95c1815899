"""Curves, configuration and files for Polyaxon."""

import os
from collections.abc import Mapping
from importlib import import_module
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


class PolyaxonLogger(TrackerLogger):
    """Writes what its handlers collect to a run of Polyaxon; see `TrackerLogger`.

    Where neither POLYAXON_HOST nor a token says that there is a server, it writes a folder, which `polyaxon ops upload`
    sends later.

    Args:
        *args: for `polyaxon.tracking.Run`.
        folder: of runs without a server; as POLYAXON_OFFLINE_ROOT says if not given.
        id_file: where the run's id stands, so that a resumed run goes on with it.
        **kwargs: for `polyaxon.tracking.Run`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Polyaxon", "polyaxon", "polyaxon pandas"

    def __init__(
        self, *args: Any, folder: str | Path | None = None, id_file: str | Path | None = None, **kwargs: Any
    ) -> None:
        super().__init__(id_file=id_file)
        self.environment = {} if folder is None else {"POLYAXON_OFFLINE_ROOT": str(folder)}
        quiet = {"track_code": False, "track_env": False, "track_logs": False, "collect_resources": False}
        self._arguments = (args, {**quiet, "collect_artifacts": True, **kwargs})

    @property
    def experiment(self) -> Any:
        """The run."""
        return self.client

    def _start(self, run_id: str | None) -> Any:
        from_server = any(os.environ.get(f"POLYAXON_{word}") for word in ("HOST", "AUTH_TOKEN"))
        if not from_server:
            self._thread.warn("knows no server: it writes a folder, which `polyaxon ops upload` sends.")
        if run_id is not None and (root := os.environ.get("POLYAXON_OFFLINE_ROOT")):
            _remove_empty(Path(root) / "runs" / run_id / "events")
        arguments, options = self._arguments
        options = {"is_offline": not from_server, "is_new": run_id is None, "run_uuid": run_id, **options}
        return import_module("polyaxon.tracking").Run(*arguments, **options)

    def _run_id(self) -> str:
        return self._client.run_uuid

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        self._client.log_metrics(step=step, **values)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._client.log_inputs(**config)

    def _write_file(self, path: Path) -> None:
        self._client.log_artifact(str(path), name=path.stem.partition("=")[0], kind="file")

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._client.log_histogram(name, values.ravel(), "auto", step=step)

    def _flush(self) -> bool:
        return False  # events are held back for a moment

    def _end(self, status: str) -> None:
        if status == "failed":
            self._client.log_failed()
        if status == "killed":
            self._client.log_stopped()
        self._client.end()


def _remove_empty(events: Path) -> None:
    """A kill may come between the making of a file of events and its first line, which the client would never write."""
    for file in events.rglob("*.plx"):
        if file.stat().st_size == 0:
            file.unlink()


def setup_plx_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> PolyaxonLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `PolyaxonLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: PolyaxonLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
