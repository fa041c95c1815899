"""The folder of a run: what is in it, where it is, and which one to go on with.

outputs/2026-01-31_12-00-00/
    config.yaml   the configuration as resolved
    log.txt       what the run printed
    history.csv   one row per epoch
    checkpoints/  the newest and the best
    curves.png    history.csv as a picture      (at the end)
    results.json  final metrics, time, versions (at the end)
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import yaml

from scaffold_runtime import distributed as idist
from scaffold_runtime.handlers.saving.atomic_write import atomic_write

from .config import Config, to_yaml

log = logging.getLogger(__name__)

# How and where a run is started is not what it computes: `--resume auto` looks past these.
STARTING = (
    *("name", "resume", "output_dir", "backend", "nproc_per_node", "profile"),
    *("checkpoint_every", "time_limit_minutes"),
)


@dataclass(frozen=True)
class RunFolder:
    """One run's files."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration as resolved."""
        return self.path / "config.yaml"

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def history(self) -> Path:
        """One row per epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """The history as a picture."""
        return self.path / "curves.png"

    @property
    def results(self) -> Path:
        """What the run came to; there when it is over."""
        return self.path / "results.json"

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self.results.is_file()


def open_run_folder(config: Config) -> RunFolder:
    """The folder of this run, the same on every process; rank 0 finds or makes it.

    Raises:
        SystemExit: `resume` names a folder that holds no run, or `name` one that holds one.
    """
    found = _find_or_make(config) if idist.get_rank() == 0 else ""
    answer = idist.broadcast(found, src=0, safe_mode=True)
    if answer.startswith("Error:"):
        raise SystemExit(answer)
    folder = RunFolder(Path(answer))
    _log_to(folder)
    _mention_unfinished(folder, config)
    return folder


def _find_or_make(config: Config) -> str:
    """The path; or the sentence with which every process ends."""
    if config.resume == "auto":
        alike = _alike(config)
        if alike:
            return str(alike[-1].path)
    elif config.resume is not None:
        if not (Path(config.resume) / "config.yaml").is_file():
            hint = f"Hint:  Give one below '{config.output_dir}', or auto."
            return f"Error: '{config.resume}' is no run's folder.\n{hint}"
        return config.resume
    folder = RunFolder(config.output_dir / (config.name or datetime.now().strftime("%Y-%m-%d_%H-%M-%S")))
    if folder.config.exists():
        return f"Error: '{folder.path}' holds a run already.\nHint:  Go on with it by --resume {folder.path}."
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    text = to_yaml(config).encode()
    atomic_write(folder.config, lambda file: file.write(text))  # a run that is killed here has not begun
    return str(folder.path)


def _alike(config: Config) -> list[RunFolder]:
    """The runs whose configuration is this one, but for how and where they are started; the newest last."""
    wanted = _identity(to_yaml(config))
    files = sorted(config.output_dir.glob("*/config.yaml"), key=lambda file: file.stat().st_mtime_ns)
    return [RunFolder(file.parent) for file in files if _identity(file.read_text("utf-8")) == wanted]


def _mention_unfinished(folder: RunFolder, config: Config) -> None:
    """A new run says that there is one like it which was left in the middle."""
    others = [] if config.resume or idist.get_rank() != 0 else _alike(config)
    left = [run for run in others if run.path != folder.path and not run.is_finished and any(run.checkpoints.iterdir())]
    if left:
        log.info(f"A run like this one was left unfinished: --resume {left[-1].path} goes on with it.")


def _identity(config_yaml: str) -> dict[str, Any]:
    fields: dict[str, Any] = yaml.safe_load(config_yaml) or {}
    return {name: value for name, value in fields.items() if name not in STARTING}


def _log_to(folder: RunFolder) -> None:
    """Rank 0 prints plain lines and keeps them in `log.txt`; the others print errors only."""
    first = idist.get_rank() == 0
    log.setLevel(logging.INFO if first else logging.ERROR)
    log.propagate = False
    for handler in log.handlers:  # of a run before, in the same process
        handler.close()
    log.handlers = [_Lines(sys.stdout)]
    if first:
        log.addHandler(logging.FileHandler(folder.path / "log.txt", encoding="utf-8"))


class _Lines(logging.StreamHandler[TextIO]):
    """Plain lines; a reader that has gone (`| head`) does not disturb the run, whose `log.txt` has them all."""

    def handleError(self, record: logging.LogRecord) -> None:  # logging's own name
        """Says nothing of a closed pipe."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            super().handleError(record)
