"""Gradients that Horovod averages while the backward pass goes on.

Horovod's own optimizer averages when it steps: gradients that are clipped, unscaled or looked at before
are those of one process, several backward passes to a step must be announced, and the optimizer is another one.
Here, as under DDP, they are averaged when `backward` returns, and the optimizer is the one that was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import torch
from torch import Tensor

from . import context
from .comp_models import horovod
from .waiting import Waiting

_teams = count()


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """From now on every backward pass gives these parameters the mean gradients of all processes.

    All processes have the same parameters in the same order, and each backward pass reaches the same ones on all.
    """
    _Averaging(parameters)


class _Averaging:
    """Begins when a gradient is there, and waits at the end of the backward pass."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        team = next(_teams)  # processes match calls by name
        self._names: dict[Tensor, str] = {}
        self._under_way: list[Any] = []
        for number, parameter in enumerate(parameter for parameter in parameters if parameter.requires_grad):
            self._names[parameter] = f"idist.gradient.{team}.{number}"
            parameter.register_post_accumulate_grad_hook(self._begin)

    def _begin(self, parameter: Tensor) -> None:
        if not self._under_way:
            torch.autograd.Variable._execution_engine.queue_callback(self._end)  # pyright: ignore  # as DDP does
        hvd = horovod.horovod()
        self._under_way.append(hvd.allreduce_async_(parameter.grad, op=hvd.Average, name=self._names[parameter]))

    def _end(self) -> None:
        model, handles = context.current(), self._under_way
        self._under_way = []
        assert isinstance(model, horovod.HorovodModel)
        with Waiting("backward", model):
            for handle in handles:
                model.wait(handle)
