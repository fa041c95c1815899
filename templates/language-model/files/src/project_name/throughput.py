"""How fast a run trains: tokens per second, and which part of the device's arithmetic that is."""

import time
from typing import Any

import torch
from torch import nn

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.run import log

PEAK_TERAFLOPS = {"B200": 2250, "H200": 989, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "V100": 125, "T4": 65}
"""Of dense bf16 (V100 and T4: fp16) arithmetic, by what is in the name that the device gives itself; data sheets."""


class Throughput:
    """Measures each epoch's training, without validation, and says how fast it was.

    Runs on:   `EPOCH_STARTED`, `ITERATION_COMPLETED`, `EPOCH_COMPLETED` of the trainer; attach it before validation.
    Changes:   `trainer.state.metrics["tokens_per_second"]`, and `["mfu"]` where the peak is known.
    Saves:     nothing: a resumed epoch is measured from where it goes on.
    Processes: tokens of all of them are counted.

    Args:
        model: whose parameters do the work.
        length: tokens of a sample.
        peak_teraflops: what one device can do; looked up by its name if not given.
    """

    def __init__(self, model: nn.Module, *, length: int, depth: int, width: int, peak_teraflops: float | None) -> None:
        weights = sum(parameter.numel() for parameter in model.parameters())
        # A multiplication and an addition for each weight forward, twice that backward; and attention's two products,
        # of which causal attention needs half (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
        self.operations = 6 * weights + 6 * depth * length * width
        self.length, self.peak = length, peak_teraflops or known_peak(idist.device())
        self._samples, self._began = 0, 0.0

    def attach(self, trainer: Engine[Any, Any]) -> None:
        """Listens to the trainer."""
        trainer.add_event_handler(Events.EPOCH_STARTED, self._begin)
        trainer.add_event_handler(Events.ITERATION_COMPLETED, self._count)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._tell)

    def _begin(self, trainer: Engine[Any, Any]) -> None:
        self._samples, self._began = 0, time.perf_counter()

    def _count(self, trainer: Engine[Any, Any]) -> None:
        self._samples += len(trainer.state.batch[0])

    def _tell(self, trainer: Engine[Any, Any]) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()  # the host is ahead of the device
        seconds = max(time.perf_counter() - self._began, 1e-9)
        speed = idist.all_reduce(self._samples) * self.length / seconds
        told = f"{speed:,.0f} tokens/s"
        trainer.state.metrics["tokens_per_second"] = speed
        if self.peak is not None:
            mfu = speed * self.operations / (self.peak * 1e12 * idist.get_world_size())
            trainer.state.metrics["mfu"] = mfu
            told += f", {mfu:.1%} of {self.peak:g} teraflops (MFU)"
        log.info(told)


def known_peak(device: torch.device) -> float | None:
    """What a device can do, in teraflops, if its name says what it is."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((float(peak) for model, peak in PEAK_TERAFLOPS.items() if model in name), None)
