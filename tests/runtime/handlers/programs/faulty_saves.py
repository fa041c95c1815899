"""Saves a second checkpoint in place of the first, with a fault at each system call in turn.

Usage: faulty_saves.py ROOT FAULT SAVER FIRST SECOND, with the names of the two files; if they differ, the first one is
rotated away, and if they do not, it is replaced. Trial n happens in the folder ROOT/n and meets the fault at the
n-th call; the last trial meets none. The calls are those of the module `os`; wrapping them is the nearest to a
failing disk that every machine can have. A death is a real SIGKILL.
"""

import contextlib
import errno
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from scaffold_runtime.handlers.async_disk_saver import AsyncDiskSaver
from scaffold_runtime.handlers.disk_saver import DiskSaver
from scaffold_runtime.handlers.saving.checkpoint_error import SaveError

CALLS = ("open", "write", "fsync", "replace", "unlink", "close")
SAVERS = {"sync": DiskSaver, "async": AsyncDiskSaver}
NO_FAULT, FAULT_MET, KILLED = 0, 7, -signal.SIGKILL


class Faults:
    """Counts system calls and lets one go wrong."""

    def __init__(self, kind: str, nth: int) -> None:
        self.kind = kind
        self.nth = nth
        self.count = 0
        for name in CALLS:
            setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, which meets the fault when its turn has come."""

        def meet(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count != self.nth:
                return call(*args, **kwargs)
            if self.kind == "error" and name != "close":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self.kind == "die-halfway" and name == "write":
                call(args[0], bytes(args[1])[: len(args[1]) // 2])
            if self.kind == "die-after":
                call(*args, **kwargs)
            if self.kind.startswith("die"):
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return meet


def trial(folder: Path, kind: str, saver_kind: str, nth: int, first: str, second: str) -> int:
    """What the child does: a good save, then one with the fault."""
    saver = SAVERS[saver_kind](folder)
    saver({"value": torch.full((100_000,), 1.0)}, first, {"priority": 1, "basename": "checkpoint"})
    saver.wait()
    faults = Faults(kind, nth)
    with contextlib.suppress(SaveError):
        saver({"value": torch.full((100_000,), 2.0)}, second, {"priority": 2, "basename": "checkpoint"})
        saver.wait()
    if first != second:
        saver.remove(first)
        saver.wait()
    return NO_FAULT if faults.count < nth else FAULT_MET


def main(root: Path, kind: str, saver: str, first: str, second: str) -> None:
    """A child for each trial, until one gets through."""
    warnings.simplefilter("ignore", DeprecationWarning)  # about forks beside threads; this child starts none
    for nth in range(1, 100):
        child = os.fork()
        if child == 0:
            os._exit(trial(root / str(nth), kind, saver, nth, first, second))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == NO_FAULT:
            print(nth)
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
