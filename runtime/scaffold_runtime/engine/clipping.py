"""Gradients that are kept within bounds."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.optim import Optimizer


@contextmanager
def clipped_steps(
    model: nn.Module, optimizer: Optimizer, norm: float | None = None, value: float | None = None
) -> Generator[None]:
    """Within it a step of the optimizer begins by clipping the gradients of the model.

    It is the last thing before the step: where the optimizer averages the gradients of several processes as it
    begins, as on XLA devices, the mean is clipped and not each process's share.

    Args:
        model: whose gradients.
        optimizer: whose steps.
        norm: largest norm of all gradients together.
        value: largest absolute value in them.

    Example:
        >>> import torch
        >>> model = nn.Linear(1, 1, bias=False)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> model.weight.grad = torch.tensor([[-8.0]])
        >>> with clipped_steps(model, optimizer, value=0.5):
        ...     optimizer.step()
        >>> model.weight.grad
        tensor([[-0.5000]])
    """

    def clip(*step: Any) -> None:
        if norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), norm)
        if value is not None:
            nn.utils.clip_grad_value_(model.parameters(), value)

    if norm is None and value is None:
        yield
        return
    handle = optimizer.register_step_pre_hook(clip)
    try:
        yield
    finally:
        handle.remove()
