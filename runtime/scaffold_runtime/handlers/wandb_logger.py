"""Curves, configuration and files for Weights & Biases."""

import netrc
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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

EXIT_CODES = {"finished": 0, "failed": 1, "killed": 75}


class WandBLogger(TrackerLogger):
    """Writes what its handlers collect to Weights & Biases; see `TrackerLogger`.

    Without a key, or where WANDB_MODE says so, it writes files that `wandb sync` sends later. Values are drawn over the
    step of their first word: `val/accuracy` over `val/step`, as W&B's own step only ever grows.

    Args:
        *args: for `wandb.init`.
        id_file: where the run's id stands, so that a resumed run goes on with it.
        **kwargs: for `wandb.init`.

    Raises:
        ModuleNotFoundError: the client is not installed.
    """

    tracker, module, package = "Weights & Biases", "wandb", "wandb"
    environment = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}  # noqa: RUF012  # nobody changes it

    def __init__(self, *args: Any, id_file: str | Path | None = None, **kwargs: Any) -> None:
        super().__init__(id_file=id_file)
        self._arguments = (args, kwargs)
        self._run: Any = None
        self._drawn: set[str] = set()

    def _start(self, run_id: str | None) -> Any:
        wandb = self._library
        arguments, options = self._arguments
        options = {"settings": wandb.Settings(console="off", init_timeout=15), **options}
        options.setdefault("mode", os.environ.get("WANDB_MODE") or ("online" if _has_key() else "offline"))
        if options["mode"] == "offline":
            self._thread.warn("has no key, or is to be offline: it writes files, which `wandb sync` sends.")
        if run_id is not None:
            options |= {"id": run_id} | ({} if options["mode"] == "offline" else {"resume": "allow"})
        try:
            self._run = wandb.init(*arguments, **options)
        except Exception as error:  # of a server that does not answer, or a key that is none
            if options["mode"] == "offline":
                raise
            self._thread.warn(f"cannot be reached ({type(error).__name__}): it writes files, which `wandb sync` sends.")
            options.pop("resume", None)
            self._run = wandb.init(*arguments, **{**options, "mode": "offline"})
        return wandb

    def _run_id(self) -> str:
        return self._run.id

    def _write(self, values: Mapping[str, Any], step: int) -> None:
        steps: dict[str, int] = {}
        for word in {name.partition("/")[0] for name in values if "/" in name}:
            steps[f"{word}/step"] = step
            if word not in self._drawn:
                self._drawn.add(word)
                self._run.define_metric(f"{word}/*", step_metric=f"{word}/step")
        self._run.log({**values, **steps})

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self._run.config.update(dict(config), allow_val_change=True)

    def _write_file(self, path: Path) -> None:
        # What lies in the run's own folder is sent, now or by `wandb sync`; a link to the file might lead nowhere then.
        copy = Path(self._run.dir, path.name)
        shutil.copyfile(path, copy)
        self._run.save(str(copy), base_path=self._run.dir, policy="now")

    def _write_histogram(self, name: str, values: Any, step: int) -> None:
        self._write({name: self._library.Histogram(values)}, step)

    def _flush(self) -> bool:
        return False  # its other process holds records back, and a kill takes them away

    def _end(self, status: str) -> None:
        self._run.finish(exit_code=EXIT_CODES[status])


def _has_key() -> bool:
    """Whether the environment or `wandb login` has left a key."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    server = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")
    try:
        return netrc.netrc().authenticators(urlsplit(server).hostname or "") is not None
    except (OSError, netrc.NetrcParseError):
        return False


def setup_wandb_logging(
    trainer: Engine[Any, Any],
    optimizers: Optimizers = None,
    evaluators: Evaluators = None,
    log_every_iters: int = 100,
    *,
    trainer_metric_names: MetricNames = "all",
    evaluator_metric_names: MetricNames = "all",
    **kwargs: Any,
) -> WandBLogger:
    """Logs what one usually wants; arguments are those of `setup_tb_logging`, `kwargs` those of `WandBLogger`."""
    names = (trainer_metric_names, evaluator_metric_names)
    return set_up(lambda: WandBLogger(**kwargs), trainer, optimizers, evaluators, log_every_iters, *names)
