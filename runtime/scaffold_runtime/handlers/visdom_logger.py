"""Curves and texts on a server of Visdom."""

import html
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


class VisdomLogger(TrackerLogger):
    """Draws what its handlers collect on a server of Visdom; see `TrackerLogger`.

    Args:
        server: its address; VISDOM_SERVER_URL or this machine if not given.
        port: its port; VISDOM_PORT or 8097 if not given.
        num_workers: as in PyTorch-Ignite, without effect: one thread draws.
        raise_exceptions: whether the client raises what goes wrong, which is how `lost` learns of it.
        log_to_filename: a file that has all of it too, for `visdom.Visdom().replay_log`; where there is no server it
            has all that there is.
        id_file: where the environment's name stands, so that a resumed run goes on with it.
        **kwargs: for `visdom.Visdom`: `env`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Visdom", "visdom", "visdom"

    def __init__(
        self,
        server: str | None = None,
        port: int | None = None,
        num_workers: int = 1,
        raise_exceptions: bool = True,
        *,
        log_to_filename: str | Path | None = None,
        id_file: str | Path | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(id_file=id_file)
        self._options: dict[str, Any] = {
            "server": server or os.environ.get("VISDOM_SERVER_URL", "http://localhost"),
            "port": port or int(os.environ.get("VISDOM_PORT", "8097")),
            "username": os.environ.get("VISDOM_USERNAME"),
            "password": os.environ.get("VISDOM_PASSWORD"),
            "raise_exceptions": raise_exceptions,
            "use_incoming_socket": False,
            "log_to_filename": log_to_filename and str(log_to_filename),
            **kwargs,
        }

    @property
    def vis(self) -> Any:
        """The client."""
        return self.client

    def _start(self, run_id: str | None) -> Any:
        options = self._options if run_id is None else {**self._options, "env": run_id}
        try:
            return self._library.Visdom(**options)
        except Exception:
            if not options["log_to_filename"]:
                raise
            self._thread.lose(f"there is no server at {options['server']}:{options['port']}")
            return self._library.Visdom(**options, offline=True)

    def _run_id(self) -> str:
        return self._client.env

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        for name, value in values.items():
            options = {"title": name, "xlabel": "step", "ylabel": name}
            self._client.line(X=[step], Y=[value], win=name, name=name, update="append", opts=options)

    def _write_config(self, config: Mapping[str, Any]) -> None:
        lines = "\n".join(f"{name}: {value}" for name, value in config.items())
        self._client.text(f"<pre>{html.escape(lines)}</pre>", win="config", opts={"title": "config"})

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._client.histogram(X=values.ravel(), win=name, opts={"title": f"{name}, step {step}"})

    def _end(self, status: str) -> None:
        self._client.text(status, win="status", opts={"title": "status"})
        self._client.save([self._client.env])


def setup_visdom_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> VisdomLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `VisdomLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: VisdomLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
