"""Saves checkpoints beside the training: the step waits for a copy to host memory, not for the disk."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .disk_saver import DiskSaver
from .saving.checkpoint_error import SaveError
from .saving.staging import Staging


class AsyncDiskSaver(DiskSaver):
    """A `DiskSaver` whose writing thread works while the training goes on.

    Never are two written at once: a save waits for the one before it. The host memory of the copy is kept
    and used again, so it is the model once more, and no more. A write that failed is told by the next call,
    or by `wait`; the interpreter does not exit before the last write is done.

    Runs on:   what its `Checkpoint` is attached to, which also waits at the end of the run.
    Changes:   files of its folder.
    Saves:     nothing of its own.
    Processes: `save_on_rank` copies and writes; the others return at once.

    Example:
        >>> import tempfile, torch
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saver = AsyncDiskSaver(folder)
        ...     weight = torch.ones(2)
        ...     saver({"weight": weight}, "model.pt")
        ...     _ = weight.zero_()  # the training goes on
        ...     saver.wait()
        ...     print(torch.load(f"{folder}/model.pt")["weight"])
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._copy = Staging()
        self._thread = ThreadPoolExecutor(1, "checkpoint", initializer=_give_way)
        self._write: Future[None] | None = None

    def __call__(self, checkpoint: Mapping[str, Any], filename: str, metadata: Mapping[str, Any] | None = None) -> None:
        """Returns when the checkpoint is in host memory.

        Raises:
            SaveError: the write before this one failed; this one is under way.
        """
        if not self.is_writer:
            return
        failure = self._failure()
        self._write = self._thread.submit(self.write, self._copy.of(checkpoint), filename, metadata or {})
        if failure is not None:
            raise failure

    def remove(self, filename: str) -> None:
        """Removes a file after the write that is under way."""
        self._thread.submit(super().remove, filename)

    def wait(self) -> None:
        """Returns when nothing is being written.

        Raises:
            SaveError: the last write failed.
        """
        failure = self._failure()
        self._thread.submit(lambda: None).result()  # removals stand in the same line
        if failure is not None:
            raise failure

    def _failure(self) -> SaveError | None:
        """Waits for the write under way and tells what went wrong, once."""
        write, self._write = self._write, None
        error = write.exception() if write is not None else None
        if error is not None and not isinstance(error, SaveError):
            raise error
        return error


def _give_way() -> None:
    """Lets the training go first where cores are few; on Linux, where each thread has a priority of its own."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
