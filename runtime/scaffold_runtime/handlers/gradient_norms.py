"""How large gradients are at each step of the optimizer, and how large they may be."""

import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..engine.engine import Engine
from ..engine.events import Events, Priority


class GradientNorms:
    """Measures the norm of all gradients together right before each step of the optimizer, and clips them if asked to.

    That is after they have been averaged over processes and unscaled from fp16, once for each window of accumulated
    batches, and not at steps that a scaler skips. Norms stay on their device until an epoch ends.

    Runs on:   the steps of the optimizer; `EPOCH_STARTED`, and `EPOCH_COMPLETED` before other handlers.
    Changes:   the trainer's metrics "gradient_norm", the mean over the epoch's steps, and "gradient_norm_max"; with
               `max_norm` the gradients, and the metric "clipped", the part of the steps that were.
    Saves:     what it has seen of the epoch.
    Processes: gradients are alike on all ranks, so are their norms.

    Args:
        model: whose gradients.
        optimizer: whose steps.
        max_norm: the largest norm that a step may have; larger ones are scaled down to it.

    Raises:
        ValueError: `max_norm` is not above 0.

    Example:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        >>> def step(engine, batch):
        ...     optimizer.zero_grad()
        ...     (model.weight * batch).sum().backward()
        ...     optimizer.step()
        >>> trainer = Engine(step)
        >>> GradientNorms(model, optimizer, max_norm=3.0).attach(trainer)
        >>> trainer.run([1.0, 5.0]).metrics
        {'gradient_norm': 3.0, 'gradient_norm_max': 5.0, 'clipped': 0.5}
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, *, max_norm: float | None = None) -> None:
        if max_norm is not None and not max_norm > 0:
            raise ValueError(f"`max_norm` should be above 0, got {max_norm}.")
        self.model = model
        self.max_norm = max_norm
        self._seen: Tensor | None = None  # sum, largest, clipped, steps
        self._optimizer = weakref.ref(optimizer)

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Measures the optimizer's steps from now on, and tells of them in the metrics of `engine`."""
        optimizer, measure = self._optimizer(), weakref.WeakMethod(self._measure)  # who drops this handler drops it
        if optimizer is not None:
            optimizer.register_step_pre_hook(partial(_call, measure))
        engine.add_event_handler(Events.EPOCH_STARTED, self._begin)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._tell, priority=Priority.MEASURE)

    @torch.no_grad()
    def _measure(self) -> None:
        largest = torch.inf if self.max_norm is None else self.max_norm
        weights = [weight for weight in self.model.parameters() if weight.grad is not None]
        if self.max_norm is not None and weights:
            norm: Any = nn.utils.clip_grad_norm_(weights, self.max_norm)
        else:
            norm = _norm([cast("Tensor", weight.grad) for weight in weights])
        norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm  # of a sharded model
        norm = norm.float()
        one = torch.stack([norm, norm, (norm > largest).float(), torch.ones_like(norm)])
        seen = torch.zeros_like(one) if self._seen is None else self._seen.to(one.device)
        self._seen = torch.stack([seen[0] + norm, torch.maximum(seen[1], norm), seen[2] + one[2], seen[3] + 1])

    def _begin(self, engine: Engine[Any, Any]) -> None:
        if not engine.resuming:
            self._seen = None

    def _tell(self, engine: Engine[Any, Any]) -> None:
        if self._seen is None:  # each step was skipped, as fp16's first ones are
            for name in ("gradient_norm", "gradient_norm_max", "clipped"):
                engine.state.metrics.pop(name, None)  # those of the epoch before
            return
        seen = cast("list[float]", self._seen.tolist())
        total, most, clipped, steps = seen
        engine.state.metrics["gradient_norm"] = total / steps
        engine.state.metrics["gradient_norm_max"] = most
        if self.max_norm is not None:
            engine.state.metrics["clipped"] = clipped / steps

    def state_dict(self) -> dict[str, Any]:
        """What it has seen of the epoch: sum and largest of the norms, and how many were clipped of how many."""
        return {"seen": None if self._seen is None else self._seen.cpu()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from there."""
        self._seen = state_dict["seen"]


def _norm(gradients: list[Tensor]) -> Tensor:
    """Of all together; a bound without end in `clip_grad_norm_` would make gradients of an infinite norm NaN."""
    if not gradients:
        return torch.zeros(())
    norms: list[Tensor] = cast("Any", torch)._foreach_norm(gradients)  # all in one launch; torch's own clipping uses it
    return cast("Tensor", torch.linalg.vector_norm(torch.stack([norm.to(norms[0].device) for norm in norms])))


def _call(method: weakref.WeakMethod[Any], *step: Any) -> None:
    found = method()
    if found is not None:
        found()
