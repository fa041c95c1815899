"""How long torch.distributed's groups live: until they are left, and never beyond Python's own end.

A gloo group has threads, and they let go of a collective's tensors a moment after it has ended. Two things go wrong
then, both seen on loaded machines: while Python ends, taking its lock aborts the process; and while another object,
such as the reducer of DDP, frees the group under that lock, each waits for the other for ever.
So groups are freed before the end, and the last to hold one is Python, which gives its lock away for that.
"""

import atexit
import gc
import os
import sys
import traceback
from importlib import import_module
from weakref import WeakSet

import torch.distributed as dist
from torch.distributed import ProcessGroup

groups: WeakSet[ProcessGroup] = WeakSet()
"""Those of some of the processes, which who makes one adds; that of all is known."""

_outlived: list[ProcessGroup] = []  # left, but a model in some variable has them


def prepare() -> None:
    """Called before the group of all is made.

    DDP imports a module whose functions have the group of the moment as their default, and so would keep it for ever;
    it is imported now, while there is none.
    """
    import_module("torch.distributed.nn.functional")
    atexit.unregister(_leave_at_exit)  # once is enough
    atexit.register(_leave_at_exit, os.getpid())


def leave() -> None:
    """Leaves all groups, and frees those that nothing has but what is garbage.

    Cycles keep the model that keeps a group, as a trainer and its handlers are one; and so do the variables of the
    functions that a `SystemExit` has come through.
    """
    groups.update([dist.group.WORLD] if dist.group.WORLD else [])
    held = list(groups)
    _outlived.clear()
    if dist.is_initialized():
        dist.destroy_process_group()
    leaving = sys.exception()
    if isinstance(leaving, SystemExit):
        _forget_variables(leaving)
    gc.collect()
    del held
    _outlived.extend(groups)


def _leave_at_exit(process: int) -> None:
    """Of a program that has not left, or had the model in a variable when it did; a failed one waits for nobody."""
    if os.getpid() == process and not hasattr(sys, "last_value"):
        leave()


def _forget_variables(error: BaseException | None) -> None:
    """Those of all functions that have ended with it, or with what it was raised for."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
