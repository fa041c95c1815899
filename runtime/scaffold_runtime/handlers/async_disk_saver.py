"""Saves checkpoints beside the training: the step waits for a copy to host memory, not for the disk."""

import contextlib
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from ..nested_tensors import map_tensors
from .disk_saver import DiskSaver
from .saving.checkpoint_error import SaveError


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
        self._staging = Staging()
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
        self._write = self._thread.submit(self.write, self._staging.copy(checkpoint), filename, metadata or {})
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


class Staging:
    """Copies states to the host, each into the memory of the one before it.

    Fresh memory is what a copy costs: the system has to find and clear each page. Training writes the same shapes
    again and again, so the second copy and all that follow find their memory ready - pinned, where that speeds
    up the way from a GPU. Tensors that share memory share it in the copy too.
    """

    def __init__(self) -> None:
        self._buffers: list[Tensor] = []

    def copy(self, state: Any) -> Any:
        """The copy; it is overwritten by the next one."""
        old, self._buffers = self._buffers, []
        done: dict[tuple[Any, ...], Tensor] = {}

        def staged(tensor: Tensor) -> Tensor:
            tensor = tensor.detach()
            if tensor.layout is not torch.strided or tensor.device.type not in ("cpu", "cuda"):
                return tensor.cpu().clone()  # it has no address to know it by
            place = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
            if place not in done or tensor.numel() == 0:
                index = len(self._buffers)
                self._buffers.append(_fitting(tensor, old[index] if index < len(old) else None))
                done[place] = self._buffers[-1].copy_(tensor, non_blocking=True)
            return done[place]

        result = map_tensors(staged, state)
        if any(place[0].type == "cuda" for place in done):
            torch.cuda.synchronize()  # copies run beside the host until here
        return result


def _fitting(tensor: Tensor, buffer: Tensor | None) -> Tensor:
    if buffer is not None and buffer.shape == tensor.shape and buffer.dtype == tensor.dtype:
        return buffer
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.device.type == "cuda")


def _give_way() -> None:
    """Lets the training go first where cores are few; on Linux, where each thread has a priority of its own."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
