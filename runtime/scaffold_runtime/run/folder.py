"""The folder of a run: what is in it, where it is, and which one to go on with.

outputs/2026-01-31_12-00-00/
    config.yaml   the configuration as resolved
    log.txt       what the run printed
    lock          held by the process that runs it
    history.csv   one row per epoch
    checkpoints/  the newest and the best
    curves.png    history.csv as a picture      (at the end)
    results.json  final metrics, time, versions (at the end)
"""

import contextlib
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import distributed as idist
from ..handlers.csv_logger import read_rows
from ..handlers.saving.atomic_write import atomic_write
from ..handlers.saving.lost_files import lost_files
from .config_file import to_yaml
from .saved_config import MAY_CHANGE, STARTING, changes, identity
from .terminal import log, log_to


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
    """The folder of this run, the same on every process; rank 0 finds or makes it, and holds it as long as it lives.

    Args:
        config: the run's configuration, a dataclass.
        output_dir: where runs write their folders.
        name: of the new folder; the time if not given.
        resume: auto, for the newest run of this configuration; or the folder of a run to go on with.

    Raises:
        SystemExit: `resume` names no run, one that this configuration would make another, or one that is under way;
            `name` names one that there is; or nothing can be written.
    """
    lost_files.clear()  # of a run before, in the same process
    found: RunFolder | str = ""
    if idist.get_rank() == 0:
        try:
            found = _find_or_make(config, output_dir, name, resume)
        except OSError as error:
            where = resume or output_dir
            found = f"Error: No run can be written in '{where}': {error.strerror}.\nHint:  Give another --output-dir."
    found = idist.broadcast(found, src=0, safe_mode=True)
    if isinstance(found, str):
        raise SystemExit(found)
    if idist.get_rank() > 0:
        log_to(None)
    return found


def _find_or_make(config: Any, output_dir: Path, name: str | None, resume: str | None) -> RunFolder | str:
    """The folder, opened for this process; or the sentence with which every process ends."""
    alike = _alike(config, output_dir) if resume in (None, "auto") else []
    if resume == "auto":
        resume = str(alike[-1].path) if alike else None
    elif resume is not None and not RunFolder(resume).config.is_file():
        return f"Error: '{resume}' is no run's folder.\nHint:  Give one below '{output_dir}', or auto."
    folder = RunFolder(resume or _claimed(output_dir, name))
    if holder := _hold(folder.path):
        return f"Error: The run '{folder.path}' is under way: {holder} has it.\nHint:  Wait for it, or begin another."
    if resume is None and folder.config.exists():
        return f"Error: '{folder.path}' holds a run already.\nHint:  Go on with it by --resume {folder.path}."
    changed = {} if resume is None else changes(config, folder.config)
    if refusal := _refusal(folder, changed):
        return refusal
    folder.checkpoints.mkdir(exist_ok=True)
    log_to(folder.path / "log.txt")
    if resume is None or changed:
        text = to_yaml(config).encode()
        atomic_write(folder.config, lambda file: file.write(text))  # a run that is killed before it has not begun
    for field, (old, new) in changed.items():
        if field not in STARTING:
            folder.results.unlink(missing_ok=True)  # it is over no more
            log.info(f"Going on with {field} {new}; it was {old}.")
    if resume is None:
        _mention_unfinished(alike)
    return folder


def _claimed(output_dir: Path, name: str | None) -> Path:
    """The named folder; or a new one, which `mkdir` gives to only one of those that begin in the same second."""
    output_dir.mkdir(parents=True, exist_ok=True)
    first, number = name or datetime.now().strftime("%Y-%m-%d_%H-%M-%S"), 1
    while True:
        path = output_dir / (first if number == 1 else f"{first}-{number}")
        try:
            path.mkdir(parents=True, exist_ok=bool(name))
            return path
        except FileExistsError:
            if name:  # a file is in its place
                raise
            number += 1


def _refusal(folder: RunFolder, changed: Mapping[str, tuple[Any, Any]]) -> str:
    """Why the run cannot go on with these changes; nothing if it can."""
    if fixed := {name: values for name, values in changed.items() if name.rpartition(".")[2] not in MAY_CHANGE}:
        told = ", ".join(f"{name} {old}, not {new}" for name, (old, new) in fixed.items())
        return (
            f"Error: The run '{folder.path}' has {told}: with that it would be another run.\n"
            "Hint:  Leave these flags out to go on with it, or begin another one without --resume."
        )
    epochs = max((int(row["epoch"]) for row in read_rows(folder.history)), default=0)
    if changed.get("max_epochs", (0, epochs))[1] < epochs:
        return f"Error: The run '{folder.path}' has {epochs} epochs.\nHint:  Give --max-epochs {epochs} or more."
    return ""


def _alike(config: Any, output_dir: Path) -> list[RunFolder]:
    """The runs whose configuration is this one, but for how and where they are started; the newest last."""
    wanted, alike = identity(to_yaml(config)), list[tuple[int, Path]]()
    for file in {*output_dir.glob("*/config.yaml"), *output_dir.rglob("config.yaml")}:  # the first goes through links
        with contextlib.suppress(OSError):
            if file.is_file() and identity(file.read_bytes()) == wanted:
                alike.append((file.stat().st_mtime_ns, file.parent))
    return [RunFolder(path) for _, path in sorted(alike)]


def _mention_unfinished(alike: list[RunFolder]) -> None:
    """A new run says that there is one like it which was left in the middle."""
    left = [run for run in alike if not run.is_finished and any(run.checkpoints.glob("*.pt"))]
    if left := [run for run in left if not _hold(run.path, keep=False)]:
        log.info(f"A run like this one was left unfinished: --resume {left[-1].path} goes on with it.")


def _hold(folder: Path, *, keep: bool = True) -> str | None:
    """Who else holds this run's folder; if nobody does, this process does until it ends, however it ends.

    Where there are no locks nobody is kept away.

    Args:
        folder: the run's.
        keep: False only looks.
    """
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | (os.O_CREAT if keep else 0), 0o666)
    except OSError:  # nobody has run here; or nothing can be written here, which others will say
        return None
    try:
        import fcntl  # which Windows has not

        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        holder = os.read(descriptor, 200).decode() or "another process"
        os.close(descriptor)
        return holder
    except (ImportError, OSError):
        if keep:
            log.warning(f"There are no locks here: nobody is kept away from '{folder}' who starts it once more.")
        keep = False
    if keep:  # closing any descriptor of the file would let it go: this one stays open
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}".encode())
    else:
        os.close(descriptor)
    return None
