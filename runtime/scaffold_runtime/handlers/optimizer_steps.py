"""When weights have moved: "after each optimizer step", for averages and schedules of every kind of engine.

An iteration is no step of the optimizer where gradients of several batches are accumulated, nor where a scaler skips a
step because gradients overflowed in fp16. So nobody counts iterations: optimizers tell it themselves, by torch's hooks.
"""

import functools
import weakref
from typing import Any, cast

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook


class OptimizerSteps:
    """Whether an optimizer has made a step since somebody looked.

    Args:
        of: an optimizer, or a model: then each optimizer counts that has one of its parameters.

    Attributes:
        came: a step was made, and nobody has taken notice.
        seen: there has been one at all.

    Example:
        >>> import torch
        >>> weight = nn.Parameter(torch.zeros(()))
        >>> optimizer = torch.optim.SGD([weight])
        >>> steps = OptimizerSteps(optimizer)
        >>> optimizer.step()
        >>> steps.take(), steps.take()
        (True, False)
    """

    def __init__(self, of: Optimizer | nn.Module) -> None:
        self.came = self.seen = False
        self._of = of
        _listen()
        _listening.add(self)

    def take(self) -> bool:
        """Whether a step has come since the last call."""
        came, self.came = self.came, False
        return came

    def note(self, optimizer: Optimizer) -> None:
        """An optimizer has been called."""
        meant = _has_weight_of(optimizer, self._of) if isinstance(self._of, nn.Module) else optimizer is self._of
        if meant and not _was_skipped(optimizer):
            self.came = self.seen = True


_listening: weakref.WeakSet[OptimizerSteps] = weakref.WeakSet()


@functools.cache
def _listen() -> None:
    # One hook for ever: torch goes through its hooks at each step, and one that went with its object, at whatever
    # moment the garbage collector takes it, would break that.
    register_optimizer_step_post_hook(_tell)


def _tell(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
    for steps in _listening:
        steps.note(optimizer)


def _has_weight_of(optimizer: Optimizer, model: nn.Module) -> bool:
    weights = set(map(id, model.parameters()))
    return any(id(weight) in weights for group in optimizer.param_groups for weight in group["params"])


def _was_skipped(optimizer: Optimizer) -> bool:
    """A fused optimizer is called in any case, and finds on its device that it has nothing to do."""
    found_inf = cast("Tensor | None", getattr(optimizer, "found_inf", None))
    return found_inf is not None and bool(found_inf.item())
