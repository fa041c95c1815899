"""Memory and load of the machine's GPUs."""

import warnings
from importlib import import_module
from typing import Any

import torch

from ..engine.engine import Engine
from ..engine.events import AnyEvent, Events
from .machinery import attachment
from .machinery.attachment import MetricUsage, as_usage
from .metric import Metric


class GpuInfo(Metric):
    """Used memory and utilisation of each GPU of this machine, in percent, as NVIDIA's driver tells them.

    Nothing is averaged, and every process tells of its own machine.

    Shapes:
        result: for each GPU `{"fb_memory_usage": {"used": ..., "total": ...}, "utilization": {"gpu_util": ...}}`, with
            memory in MiB; in `engine.state.metrics` the ints `"gpu:0 mem(%)"` and `"gpu:0 util(%)"`, the latter
            only where the GPU tells it.

    Raises:
        ModuleNotFoundError: the package `nvidia-ml-py` is not installed.
        RuntimeError: there is no GPU.

    Example:
        >>> try:
        ...     percentages = GpuInfo().compute()
        ... except (ModuleNotFoundError, RuntimeError):
        ...     percentages = []  # no GPU here
    """

    required_output_keys = None

    def __init__(self) -> None:
        self._nvml = _nvml()
        if not torch.cuda.is_available():
            raise RuntimeError("`GpuInfo` measures NVIDIA GPUs, and torch finds none on this machine.")
        self._nvml.nvmlInit()
        self._events: set[AnyEvent] = set()
        super().__init__()

    def reset(self) -> None:
        """Nothing is kept."""

    def update(self, output: Any) -> None:
        """Nothing is taken of a batch."""

    def compute(self) -> list[dict[str, dict[str, float]]]:
        """What each GPU tells now."""
        return [self._told_by(index) for index in range(self._nvml.nvmlDeviceGetCount())]

    def completed(self, engine: Engine[Any, Any], name: str) -> None:
        """Writes the percentages to `engine.state.metrics`."""
        told = self.compute()
        if not told:
            warnings.warn("The driver tells of no GPU.", stacklevel=2)
        for index, gpu in enumerate(told):
            memory = gpu["fb_memory_usage"]
            engine.state.metrics[f"{name}:{index} mem(%)"] = int(100 * memory["used"] / memory["total"])
            if "utilization" in gpu:
                engine.state.metrics[f"{name}:{index} util(%)"] = int(gpu["utilization"]["gpu_util"])

    def attach(  # pyright: ignore[reportIncompatibleMethodOverride]  # as in Ignite, it takes an event for the values
        self, engine: Engine[Any, Any], name: str = "gpu", event_name: AnyEvent = Events.ITERATION_COMPLETED
    ) -> None:
        """Writes what the GPUs tell to `engine.state.metrics` whenever `event_name` is fired."""
        self._events.add(event_name)
        attachment.complete(engine, self, event_name, name, merge=False)

    def detach(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> None:
        """Undoes `attach`; of all events, unless a usage is given."""
        attachment.release(engine, self, self._events if usage is None else {as_usage(usage).COMPLETED})

    def is_attached(self, engine: Engine[Any, Any], usage: str | MetricUsage | None = None) -> bool:
        """Whether it writes to `engine.state.metrics`."""
        events = self._events if usage is None else {as_usage(usage).COMPLETED}
        return any(attachment.is_completed(engine, self, event) for event in events)

    def _told_by(self, index: int) -> dict[str, dict[str, float]]:
        gpu = self._nvml.nvmlDeviceGetHandleByIndex(index)
        memory = self._nvml.nvmlDeviceGetMemoryInfo(gpu)
        told = {"fb_memory_usage": {"used": memory.used / 2**20, "total": memory.total / 2**20}}
        try:
            return told | {"utilization": {"gpu_util": self._nvml.nvmlDeviceGetUtilizationRates(gpu).gpu}}
        except self._nvml.NVMLError:  # some do not know, such as parts of a GPU
            return told


def _nvml() -> Any:
    try:
        return import_module("pynvml")  # no type checker knows it where it is not installed
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "`GpuInfo` needs the package `nvidia-ml-py`, which is not installed: `pip install nvidia-ml-py`."
        ) from None
