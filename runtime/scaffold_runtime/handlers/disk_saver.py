"""Saves checkpoints in a folder."""

import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .. import distributed as idist
from ..nested_tensors import map_tensors
from .saving.atomic_write import atomic_write, remove_and_sync, remove_unfinished, write_and_sync
from .saving.checkpoint_error import CheckpointError, SaveError
from .saving.checkpoint_file import trailer_of, write_checkpoint


class BaseSaveHandler(ABC):
    """Where checkpoints go. Called on every rank; which of them writes is its own decision."""

    @abstractmethod
    def __call__(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Saves `checkpoint` under `filename`.

        Args:
            checkpoint: states by name, or the one state.
            filename: its name.
            metadata: `basename`, `score_name` and `priority`, as the checkpoint handler decided them.
        """

    @abstractmethod
    def remove(self, filename: str) -> None:
        """Removes what was saved under `filename`."""


class DiskSaver(BaseSaveHandler):
    """Writes checkpoints into a folder: each is there whole or not at all, and the one before it until then.

    A file is removed only after a newer one is safely on the disk. If a write fails, so does the call; the
    files that should have been removed stay until the next write succeeds.

    Runs on:   what its `Checkpoint` is attached to.
    Changes:   files of its folder.
    Saves:     nothing of its own.
    Processes: `save_on_rank` writes; the others return at once.

    Args:
        dirname: the folder.
        atomic: write beside the file and rename; False writes in place, for file systems without renames.
        create_dir: make the folder if it is not there.
        require_empty: refuse a folder that has checkpoints already.
        save_on_rank: the process that writes.
        **kwargs: for `torch.save`.

    Raises:
        ValueError: the folder is missing, cannot be written to, or has checkpoints already.

    Example:
        >>> import tempfile, torch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     DiskSaver(folder)({"weight": torch.ones(2)}, "model.pt")
        ...     print(sorted(os.listdir(folder)))
        ['model.pt']
    """

    def __init__(
        self,
        dirname: str | Path,
        atomic: bool = True,
        create_dir: bool = True,
        require_empty: bool = True,
        save_on_rank: int = 0,
        **kwargs: Any,
    ) -> None:
        self.dirname = Path(dirname).expanduser()
        self.save_on_rank = save_on_rank
        self.kwargs = kwargs
        self._atomic = atomic
        self._failed = False
        self._outlived: set[str] = set()  # files to remove once a newer one is safe
        if self.is_writer:
            _open_folder(self.dirname, create=create_dir, require_empty=require_empty)

    @property
    def is_writer(self) -> bool:
        """Whether this process writes."""
        return idist.get_rank() == self.save_on_rank

    def __call__(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Returns when the checkpoint is on the disk.

        Raises:
            SaveError: it is not, and what was there before still is.
        """
        if self.is_writer:
            on_host = map_tensors(lambda tensor: tensor.detach().cpu(), checkpoint)
            self.write(on_host, filename, metadata or {})

    def write(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any]) -> None:
        """Writes a state that is on the host already."""
        path = self.dirname / filename
        description = {key: metadata.get(key) for key in ("priority", "score_name")}
        description |= {"objects": metadata.get("objects", ()), "series": metadata.get("basename", "")}
        write = atomic_write if self._atomic else write_and_sync
        try:
            write(path, lambda file: write_checkpoint(file, checkpoint, description, **self.kwargs))
        except OSError as error:
            self._failed = True
            raise SaveError(path, error) from error
        self._failed = False
        self._outlived.discard(filename)  # a run that goes on from an older state saves some names again
        self._remove_outlived()

    def remove(self, filename: str) -> None:
        """Removes a file; after a failed write it stays until one succeeds."""
        if self.is_writer:
            self._outlived.add(filename)
            if not self._failed:
                self._remove_outlived()

    def adopt(self, series: str, kept: Collection[str]) -> None:
        """Takes over a folder from a run before: of `series`, all but `kept` go once a newer file is safe.

        Files tell their series themselves; one that is damaged, or of version 0.1.0, tells none and stays.
        """
        if self.is_writer:
            for path in self.dirname.glob("*.pt"):
                with contextlib.suppress(CheckpointError):
                    if path.name not in kept and (trailer_of(path) or {}).get("series") == series:
                        self._outlived.add(path.name)

    def wait(self) -> None:
        """Returns when nothing is being written."""

    def _remove_outlived(self) -> None:
        for filename in sorted(self._outlived):
            try:
                remove_and_sync(self.dirname / filename)
            except OSError:  # a file too many does no harm; the next time may go better
                return
            self._outlived.discard(filename)


def _open_folder(folder: Path, *, create: bool, require_empty: bool) -> None:
    try:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        present = sorted(entry.name for entry in folder.iterdir() if entry.suffix == ".pt")
        remove_unfinished(folder)
    except OSError as error:
        raise ValueError(
            f"The folder '{folder}' should be one that checkpoints can be written to, but: {error.strerror}. "
            "Give another one, or make it first."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"The folder '{folder}' should be writable, and it is read-only. Give another one.")
    if require_empty and present:
        raise ValueError(
            f"The folder '{folder}' should hold no checkpoints, and has {', '.join(present)}. "
            f"Give an empty one, or `DiskSaver({str(folder)!r}, require_empty=False)` in its place, to add to it."
        )
