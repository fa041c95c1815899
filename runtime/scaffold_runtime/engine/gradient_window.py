"""Which batches share an optimizer step: the window of gradient accumulation.

A window is so many batches, or fewer where the epoch or the run ends before. Its length is known when it
opens, unless nobody knows how long the epoch is; then, and where `terminate_epoch` cuts it, the gradients
that are there are brought to their mean when it closes. No batch is ever left without its optimizer step.
"""

import inspect
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from .engine import Engine
from .events import Events, Priority

EPOCH_ENDS = Events.TERMINATE_SINGLE_EPOCH | Events.EPOCH_COMPLETED
NO_CONTEXT = nullcontext()


class GradientWindow:
    """The batches since the last optimizer step, for the step of a training loop.

    The step calls, for each batch: `enter`; `no_sync` and `share` around the backward pass; `leave`. With one
    batch per optimizer step these calls do nothing.

    Args:
        gradient_accumulation_steps: batches of a full window.
        model: whose gradients are summed; DDP's `no_sync` is used where it has one.
        close: does the optimizer step of a window that ends with its epoch, before its last batch has come:
            the window sees to it, before all other handlers of the end of the epoch.

    Raises:
        ValueError: `gradient_accumulation_steps` is below 1.

    Example:
        >>> weight = nn.Parameter(torch.zeros(()))
        >>> model, optimizer = nn.ParameterList([weight]), torch.optim.SGD([weight], lr=1.0)
        >>> window = GradientWindow(2, model, close=optimizer.step)
        >>> def step(engine, batch):
        ...     if window.enter(engine):
        ...         optimizer.zero_grad()
        ...     with window.no_sync():
        ...         window.share(weight * batch).backward()
        ...     if window.leave():
        ...         optimizer.step()
        ...     return weight.item()
        >>> engine = Engine(step)
        >>> _ = engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: print(engine.state.output))
        >>> _ = engine.run([1.0, 3.0, 5.0])  # the mean of 1 and 3 is 2; 5 has a window of its own
        0.0
        -2.0
        -7.0
    """

    def __init__(self, gradient_accumulation_steps: int, model: nn.Module, *, close: Callable[[], object]) -> None:
        if gradient_accumulation_steps < 1:
            raise ValueError(f"`gradient_accumulation_steps` should be at least 1, got {gradient_accumulation_steps}.")
        self.steps = gradient_accumulation_steps
        self._model = model
        # A step holds its window and the window a method of the step: held weakly, both go with their last user,
        # and the model's memory does not wait for the garbage collector.
        self._close = weakref.WeakMethod(close) if inspect.ismethod(close) else lambda: close
        self._length = 1  # batches that the open window will have
        self._done = 0  # those whose gradients are there
        self._next_iteration = 0
        self._ends_in_time = True  # the epoch cannot end before the window
        self._is_unsynchronised = False

    @property
    def is_open(self) -> bool:
        """Gradients wait for more batches."""
        return self._done > 0

    def enter(self, engine: Engine[Any, Any]) -> bool:
        """Takes in the batch of the current step; tells whether the window opens with it."""
        if self.steps == 1:
            return True
        iteration = engine.state.iteration
        goes_on = self._done > 0 and iteration == self._next_iteration
        self._next_iteration = iteration + 1
        if not goes_on:
            self._open(engine)
        return not goes_on

    def share(self, loss: Tensor) -> Tensor:
        """The batch's part of the window's mean loss."""
        return loss / self._length if self._length > 1 else loss

    def no_sync(self) -> AbstractContextManager[Any]:
        """Within it, gradients stay on this process, if the window's last batch is sure to send them all."""
        if self._is_last or not self._ends_in_time:
            return NO_CONTEXT
        no_sync = getattr(self._model, "no_sync", None)
        if not callable(no_sync):
            return NO_CONTEXT
        self._is_unsynchronised = True
        return no_sync()  # pyright: ignore[reportReturnType]  # DDP's own

    def leave(self) -> bool:
        """The gradients of the batch are there; tells whether the window is complete."""
        self._done = 0 if self._is_last else self._done + 1
        return self._done == 0

    @property
    def _is_last(self) -> bool:
        """The current batch completes the window."""
        return self._done == self._length - 1

    def _open(self, engine: Engine[Any, Any]) -> None:
        state, place = engine.state, engine.epoch_iteration - 1
        lengths = [self.steps - place % self.steps]  # a run that was resumed within a window closes it where it was
        if state.epoch_length is not None:
            lengths.append(state.epoch_length - place)
        if state.max_iters is not None:
            lengths.append(state.max_iters - state.iteration + 1)
        self._length, self._done = min(lengths), 0
        self._ends_in_time = state.epoch_length is not None
        self._is_unsynchronised = False
        if self._length > 1 and not engine.has_event_handler(self._cut):
            engine.add_event_handler(EPOCH_ENDS, self._cut, self._close(), priority=Priority.CLOSE_WINDOW)

    def _cut(self, close: Callable[[], object]) -> None:
        """The epoch has ended: if gradients wait, they become the mean of their batches, and the window closes."""
        if self._done == 0:
            return
        for parameter in self._model.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(self._length / self._done)
            if self._is_unsynchronised and parameter.requires_grad:
                _average(parameter)
        self._done = 0
        close()


def _average(parameter: nn.Parameter) -> None:
    """Gives all processes the mean of their gradients; one without a gradient counts as zero."""
    if not torch.distributed.is_initialized():
        return
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter)
    torch.distributed.all_reduce(parameter.grad)
    parameter.grad.div_(torch.distributed.get_world_size())
