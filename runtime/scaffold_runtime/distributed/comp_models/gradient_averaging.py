"""Gradients that are averaged over the processes when `backward` returns, as DDP does.

Horovod's own optimizer and XLA's average when the optimizer steps: gradients that are clipped, unscaled or looked at
before are those of one process. Here the optimizer is the one that was given, and does not notice.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..collective_watchdog import waiting


class GradientAveraging:
    """From now on every backward pass gives these parameters the mean gradients of all processes.

    All processes have the same parameters in the same order, and each backward pass reaches the same ones on all.

    Args:
        parameters: those without gradients are left alone.
        rank: of this process.
    """

    def __init__(self, parameters: Iterable[Tensor], *, rank: int) -> None:
        self._rank = rank
        self._under_way = False
        for parameter in parameters:
            if parameter.requires_grad:
                parameter.register_post_accumulate_grad_hook(self._begin)

    def begin(self, parameter: Tensor) -> None:
        """Its gradient is there; a subclass sends it, or remembers it for `end`."""
        raise NotImplementedError

    def end(self) -> None:
        """The backward pass is at its end: when a subclass returns, all gradients are the means."""
        raise NotImplementedError

    def _begin(self, parameter: Tensor) -> None:
        if not self._under_way:
            torch.autograd.Variable._execution_engine.queue_callback(self._end)  # pyright: ignore  # as DDP does
            self._under_way = True
        self.begin(parameter)

    def _end(self) -> None:
        self._under_way = False
        with waiting("backward", self._rank):
            self.end()


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    """All of its groups, in their order."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
