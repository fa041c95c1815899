"""Which batches share an optimizer step.

A window is `steps` batches, or fewer where the epoch or the run ends before. Its length is known when it
opens, unless nobody knows how long the epoch is; then, and where `terminate_epoch` cuts it, the gradients
that are there are brought to their mean when it closes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from .engine import Engine


class GradientWindow:
    """The batches since the last optimizer step.

    Args:
        steps: batches of a full window.

    Attributes:
        length: batches that the open window will have.
        done: those whose gradients are there.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.length = 1
        self.done = 0
        self._next_iteration = 0
        self._ends_in_time = True  # the epoch cannot end before the window
        self._is_unsynchronised = False

    def enter(self, engine: Engine[Any, Any]) -> bool:
        """Takes in the batch of the current step; tells whether the window opens with it."""
        if self.steps == 1:
            return True
        iteration = engine.state.iteration
        goes_on = self.done > 0 and iteration == self._next_iteration
        self._next_iteration = iteration + 1
        if not goes_on:
            self._open(engine)
        return not goes_on

    def _open(self, engine: Engine[Any, Any]) -> None:
        state, place = engine.state, engine.epoch_iteration - 1
        lengths = [self.steps - place % self.steps]  # a run that was resumed within a window closes it where it was
        if state.epoch_length is not None:
            lengths.append(state.epoch_length - place)
        if state.max_iters is not None:
            lengths.append(state.max_iters - state.iteration + 1)
        self.length, self.done = min(lengths), 0
        self._ends_in_time = state.epoch_length is not None
        self._is_unsynchronised = False

    @property
    def is_last(self) -> bool:
        """The current batch closes the window."""
        return self.done == self.length - 1

    def share(self, loss: Tensor) -> Tensor:
        """The batch's part of the window's mean loss."""
        return loss / self.length if self.length > 1 else loss

    def synchronisation(self, model: nn.Module) -> AbstractContextManager[Any]:
        """Within it, gradients stay on this process, if the window's last batch is sure to send them all."""
        no_sync = getattr(model, "no_sync", None)
        if self.is_last or not self._ends_in_time or not callable(no_sync):
            return nullcontext()
        self._is_unsynchronised = True
        return no_sync()  # pyright: ignore[reportReturnType]  # DDP's own

    def leave(self) -> bool:
        """The gradients of the batch are there; tells whether the window is complete."""
        self.done = 0 if self.is_last else self.done + 1
        return self.done == 0

    def cut(self, model: nn.Module) -> bool:
        """The epoch has ended; tells whether there were gradients, which are the mean of their batches now."""
        if self.done == 0:
            return False
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(self.length / self.done)
            if self._is_unsynchronised and parameter.requires_grad:
                _average(parameter)
        self.done = 0
        return True


def _average(parameter: nn.Parameter) -> None:
    """Gives all processes the mean of their gradients; one without a gradient counts as zero."""
    if not torch.distributed.is_initialized():
        return
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    torch.distributed.all_reduce(parameter.grad)
    parameter.grad.div_(torch.distributed.get_world_size())
