"""How fast a run trains: samples or tokens per second, and which part of the device's arithmetic that is."""

import logging
import time
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from .. import distributed as idist
from ..engine.engine import Engine
from ..engine.events import Events, Priority

PEAK_TERAFLOPS = {"B200": 2250, "H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "V100": 125, "T4": 65}
"""Of dense bf16 (V100 and T4: fp16) arithmetic, by what is in the name that the device gives itself; data sheets."""


def samples_of(batch: Any) -> int:
    """Samples of a batch: the length of its first tensor, wherever in it that is.

    Raises:
        TypeError: there is no tensor in it.

    Example:
        >>> samples_of({"images": [torch.zeros(8, 3)], "targets": torch.zeros(8)})
        8
    """
    if isinstance(batch, Tensor) and batch.ndim > 0:
        return len(batch)
    found: Any = list(cast("Any", batch).values()) if isinstance(batch, dict) else batch
    if isinstance(found, (tuple, list)) and found:
        return samples_of(found[0])
    raise TypeError(
        f"A batch begins with a tensor of samples, got a {type(cast('object', batch)).__name__}. Give `count`."
    )


class Throughput:
    """Measures each epoch's training, without validations, and says how fast it was.

    Runs on:   `EPOCH_STARTED`, `ITERATION_COMPLETED`, and `EPOCH_COMPLETED` of the trainer before other handlers.
    Changes:   the trainer's metrics "<unit>_per_second", and "mfu" where operations and the device's peak are known.
    Saves:     nothing: an epoch that goes on is measured from where it does.
    Processes: the samples of all count, in the time of the slowest; rank 0 says it.

    Args:
        unit: what is counted.
        count: of a batch, how many of them it has; its samples if not given.
        operations: floating-point operations for each of them, forward and backward.
        peak_teraflops: what one device can do; looked up by its name if not given.
        say: told how fast each epoch was; the log, if not given.

    Example:
        >>> trainer = Engine(lambda engine, batch: time.sleep(0.01))
        >>> Throughput("tokens", count=lambda batch: batch.numel()).attach(trainer)
        >>> speed = trainer.run([torch.zeros(4, 25)] * 5).metrics["tokens_per_second"]
        >>> 1000 < speed <= 10000
        True
    """

    def __init__(
        self,
        unit: str = "samples",
        count: Callable[[Any], int] = samples_of,
        *,
        operations: float | None = None,
        peak_teraflops: float | None = None,
        say: Callable[[str], object] | None = None,
    ) -> None:
        self.unit, self.count, self.operations = unit, count, operations
        self.peak = peak_teraflops
        self._say = say or logging.getLogger(__name__).info
        self._counted, self._began = 0, 0.0

    def attach(self, engine: Engine[Any, Any]) -> None:
        """Measures the epochs of `engine`."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._begin, priority=-1)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._tell, priority=Priority.MEASURE)

    def _begin(self) -> None:
        self._counted, self._began = 0, time.perf_counter()

    def _add(self, engine: Engine[Any, Any]) -> None:
        self._counted += self.count(engine.state.batch)

    def _tell(self, engine: Engine[Any, Any]) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # the host is ahead of the device
        seconds = idist.all_reduce(max(time.perf_counter() - self._began, 1e-9), "MAX")
        speed = idist.all_reduce(self._counted) / seconds
        engine.state.metrics[f"{self.unit}_per_second"] = speed
        told = f"{speed:,.0f} {self.unit}/s"
        peak = self.peak or known_peak(idist.device())
        if self.operations is not None and peak is not None:
            mfu = speed * self.operations / (peak * 1e12 * idist.get_world_size())
            engine.state.metrics["mfu"] = mfu
            told += f", {mfu:.1%} of {peak:g} teraflops (MFU)"
        if idist.get_rank() == 0:
            self._say(told)


def known_peak(device: torch.device) -> float | None:
    """What a device can do, in teraflops, if its name says what it is."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((float(peak) for model, peak in PEAK_TERAFLOPS.items() if model in name), None)
