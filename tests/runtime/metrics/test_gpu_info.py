"""GpuInfo."""

import sys

import pytest
import torch

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.metrics import GpuInfo


def test_without_its_package(monkeypatch):
    """The package that is missing is named."""
    monkeypatch.setitem(sys.modules, "pynvml", None)  # Python's own way to say that there is none
    message = r"^`GpuInfo` needs the package `nvidia-ml-py`, which is not installed: `pip install nvidia-ml-py`\.$"
    with pytest.raises(ModuleNotFoundError, match=message):
        GpuInfo()


class Driver:
    """Stands in for `pynvml` and a driver with two GPUs, of which one is part of a GPU; there are none here."""

    class NVMLError(Exception):
        """What the driver does not know."""

    class Numbers:
        """Fields of an answer."""

        def __init__(self, **fields):
            self.__dict__.update(fields)

    def nvmlInit(self):
        """Nothing to start."""

    def nvmlDeviceGetCount(self):
        """How many."""
        return 2

    def nvmlDeviceGetHandleByIndex(self, index):
        """One of them."""
        return index

    def nvmlDeviceGetMemoryInfo(self, gpu):
        """Bytes."""
        return self.Numbers(used=(gpu + 1) * 2**30, total=16 * 2**30)

    def nvmlDeviceGetUtilizationRates(self, gpu):
        """Percent."""
        if gpu == 1:
            raise self.NVMLError
        return self.Numbers(gpu=37)


def test_percentages(monkeypatch):
    """Each GPU's memory and load are written in percent, the load where it is known."""
    monkeypatch.setitem(sys.modules, "pynvml", Driver())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    engine = Engine(lambda engine, batch: None)
    GpuInfo().attach(engine)
    engine.run([0])
    assert engine.state.metrics == {"gpu:0 mem(%)": 6, "gpu:0 util(%)": 37, "gpu:1 mem(%)": 12}


def test_detached(monkeypatch):
    """Once detached it writes nothing, at whatever event it did."""
    monkeypatch.setitem(sys.modules, "pynvml", Driver())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    engine, info = Engine(lambda engine, batch: None), GpuInfo()
    info.attach(engine, event_name=Events.ITERATION_COMPLETED(every=2))
    info.attach(engine, "at the end", event_name=Events.COMPLETED)
    assert info.is_attached(engine)
    info.detach(engine)
    assert not info.is_attached(engine)
    engine.run([0, 0])
    assert engine.state.metrics == {}


def test_without_a_gpu(monkeypatch):
    """A machine without a GPU is told so."""
    monkeypatch.setitem(sys.modules, "pynvml", Driver())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match=r"^`GpuInfo` measures NVIDIA GPUs, and torch finds none on this machine\.$"):
        GpuInfo()
