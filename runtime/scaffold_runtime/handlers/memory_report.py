"""What a training's memory is taken by."""

import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events, Priority

GIB = 2**30


class MemoryReport:
    """Says once, after the first epoch, what the memory is taken by, and after each epoch how much was at most.

    On a GPU that is what torch has allocated at most since the epoch began; elsewhere what the process has had of the
    host's memory at most, since it began.

    Runs on:   `EPOCH_STARTED`, and `EPOCH_COMPLETED` of the trainer before other handlers.
    Changes:   the trainer's metric "memory_gib".
    Saves:     nothing.
    Processes: the largest of all counts; rank 0 says its own parts.

    Args:
        model: whose weights, buffers and gradients are counted.
        optimizer: whose state is.
        say: told what the memory is taken by; the log, if not given.

    Example:
        >>> model = nn.Linear(1024, 1024)
        >>> optimizer = torch.optim.Adam(model.parameters())
        >>> def step(engine, batch):
        ...     model(batch).sum().backward()
        ...     optimizer.step()
        >>> trainer, report = Engine(step), MemoryReport(model, optimizer)
        >>> report.attach(trainer)
        >>> trainer.run([torch.zeros(1, 1024)]).metrics["memory_gib"] > 0.01
        True
        >>> {part: round(size * 1024) for part, size in report.parts().items()}  # MiB
        {'weights': 4, 'gradients': 4, 'optimizer': 8}
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer, *, say: Callable[[str], object] | None = None) -> None:
        self.model, self.optimizer = model, optimizer
        self._say = say or logging.getLogger(__name__).info
        self._has_told = False

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Looks at the memory of `engine`'s epochs."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._begin)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._tell, priority=Priority.MEASURE)

    def parts(self) -> dict[str, float]:
        """GiB of weights with buffers, of gradients, and of the optimizer's state, on this process."""
        weights = list(self.model.parameters())
        states: Iterable[Any] = (entry for state in self.optimizer.state.values() for entry in state.values())
        parts: dict[str, Iterable[Any]] = {
            "weights": [*weights, *self.model.buffers()],
            "gradients": [weight.grad for weight in weights],
            "optimizer": states,
        }
        return {name: sum(map(_bytes_of, tensors)) / GIB for name, tensors in parts.items()}

    def _begin(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def _tell(self, engine: Engine[Any, Any]) -> None:
        most = float(idist.all_reduce(peak_gib(), "MAX"))
        engine.state.metrics["memory_gib"] = most
        if not self._has_told and idist.get_rank() == 0:
            parts = self.parts()
            rest = "activations and the rest" if torch.cuda.is_available() else "activations, data, programs"
            parts[rest] = max(0.0, most - sum(parts.values()))
            told = ", ".join(f"{name} {size:.2f}" for name, size in parts.items())
            self._say(f"Memory in GiB: {most:.2f} at most: {told}.")
        self._has_told = True


def peak_gib() -> float:
    """What this process has had at most: of the GPU's memory where there is one, else of the host's."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / GIB
    try:
        import resource  # not on Windows
    except ModuleNotFoundError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / GIB if sys.platform == "darwin" else most * 1024 / GIB


def _bytes_of(tensor: Any) -> int:
    tensor = tensor.to_local() if hasattr(tensor, "to_local") else tensor  # a shard
    return tensor.numel() * tensor.element_size() if isinstance(tensor, Tensor) else 0
