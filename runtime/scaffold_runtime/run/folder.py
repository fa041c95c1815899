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

import contextlib
import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from .. import distributed as idist
from ..handlers.saving.atomic_write import atomic_write
from .config_file import to_yaml

log = logging.getLogger(__name__)
"""What a run says: on standard output, and in its folder's `log.txt`."""

# How and where a run is started is not what it computes: `--resume auto` looks past these fields.
STARTING = (
    *("name", "resume", "output_dir", "backend", "nproc_per_node"),
    *("profile", "checkpoint_every", "time_limit_minutes"),
)


class RunFolder:
    """One run's files.

    Attributes:
        path: the folder.
        config: the configuration as resolved.
        checkpoints: the folder of the checkpoints.
        history: one row per epoch.
        curves: the history as a picture.
        trace: where the time of the first iterations went, if the run was profiled.
        results: what the run came to; there when it is over.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.checkpoints = self.path / "checkpoints"
        self.history = self.path / "history.csv"
        self.curves = self.path / "curves.png"
        self.trace = self.path / "trace.json"
        self.results = self.path / "results.json"

    @property
    def is_finished(self) -> bool:
        """Whether the run is over."""
        return self.results.is_file()


def open_run_folder(config: Any, output_dir: Path, *, name: str | None = None, resume: str | None = None) -> RunFolder:
    """The folder of this run, the same on every process; rank 0 finds or makes it.

    Args:
        config: the run's configuration, a dataclass.
        output_dir: where runs write their folders.
        name: of the new folder; the time if not given.
        resume: auto, for the newest run of this configuration; or the folder of a run to go on with.

    Raises:
        SystemExit: `resume` names a folder that holds no run, or `name` one that holds one.
    """
    found = _find_or_make(config, output_dir, name, resume) if idist.get_rank() == 0 else ""
    answer = idist.broadcast(found, src=0, safe_mode=True)
    if answer.startswith("Error:"):
        raise SystemExit(answer)
    folder = RunFolder(answer)
    _log_to(folder.path / "log.txt")
    if resume is None and idist.get_rank() == 0:
        _mention_unfinished(folder, _alike(config, output_dir))
    return folder


def _find_or_make(config: Any, output_dir: Path, name: str | None, resume: str | None) -> str:
    """The path; or the sentence with which every process ends."""
    if resume == "auto":
        if alike := _alike(config, output_dir):
            return str(alike[-1].path)
    elif resume is not None:
        if not RunFolder(resume).config.is_file():
            return f"Error: '{resume}' is no run's folder.\nHint:  Give one below '{output_dir}', or auto."
        return resume
    folder = RunFolder(output_dir / (name or datetime.now().strftime("%Y-%m-%d_%H-%M-%S")))
    if folder.config.exists():
        return f"Error: '{folder.path}' holds a run already.\nHint:  Go on with it by --resume {folder.path}."
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    text = to_yaml(config).encode()
    atomic_write(folder.config, lambda file: file.write(text))  # a run that is killed here has not begun
    return str(folder.path)


def _alike(config: Any, output_dir: Path) -> list[RunFolder]:
    """The runs whose configuration is this one, but for how and where they are started; the newest last."""
    wanted = _identity(to_yaml(config))
    alike: list[tuple[int, Path]] = []
    for file in {*output_dir.glob("*/config.yaml"), *output_dir.rglob("config.yaml")}:  # the first goes through links
        with contextlib.suppress(OSError):  # gone meanwhile, or not for us to read
            if file.is_file() and _identity(file.read_bytes()) == wanted:
                alike.append((file.stat().st_mtime_ns, file.parent))
    return [RunFolder(path) for _, path in sorted(alike)]


def _identity(config_yaml: str | bytes) -> dict[str, Any] | None:
    """What a run computes; None if this is another program's file, which may be anything."""
    import yaml

    try:
        fields = yaml.safe_load(config_yaml).items()
    except (yaml.YAMLError, ValueError, AttributeError):  # the second of dates that there are not
        return None
    return {name: value for name, value in fields if name not in STARTING}


def _mention_unfinished(folder: RunFolder, alike: list[RunFolder]) -> None:
    """A new run says that there is one like it which was left in the middle."""
    others = [run for run in alike if run.path != folder.path and not run.is_finished]
    left = [run for run in others if any(run.checkpoints.glob("*.pt"))]
    if left:
        log.info(f"A run like this one was left unfinished: --resume {left[-1].path} goes on with it.")


def _log_to(file: Path) -> None:
    """Rank 0 prints plain lines and keeps them in a file; the others print errors only."""
    first = idist.get_rank() == 0
    log.setLevel(logging.INFO if first else logging.ERROR)
    log.propagate = False
    for handler in log.handlers:  # of a run before, in the same process
        handler.close()
    log.handlers = [_Lines(sys.stdout)]
    if first:
        log.addHandler(logging.FileHandler(file, encoding="utf-8"))


class _Lines(logging.StreamHandler[TextIO]):
    """Plain lines; a reader that has gone (`| head`) does not disturb the run, whose `log.txt` has them all."""

    def handleError(self, record: logging.LogRecord) -> None:  # logging's own name
        """Says nothing of a closed pipe."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError):
            super().handleError(record)
