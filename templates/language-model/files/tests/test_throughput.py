"""Speed is measured over training alone."""

import time
from typing import Any

import pytest
import torch
from project_name.runtime.engine import Engine, Events
from project_name.throughput import Throughput
from torch import nn


def test_tokens_are_counted_without_validation(caplog: pytest.LogCaptureFixture) -> None:
    """Of three batches of four samples of five tokens, in the time that they took; MFU is by the peak that is given."""
    caplog.set_level("INFO")
    trainer = Engine[Any, Any](lambda engine, batch: time.sleep(0.01))
    model = nn.Linear(10, 10, bias=False)
    Throughput(model, length=5, depth=0, width=0, peak_teraflops=1e-9).attach(trainer)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: time.sleep(0.5))  # a validation
    began = time.perf_counter()
    state = trainer.run([(torch.zeros(4, 5), torch.zeros(4, 5))] * 3)
    seconds = time.perf_counter() - began
    speed = state.metrics["tokens_per_second"]
    assert 60 / (seconds - 0.5) <= speed <= 60 / 0.03
    assert state.metrics["mfu"] == pytest.approx(speed * 6 * 100 / 1000)  # 6 operations a weight, of 1,000 a second
    assert "tokens/s" in caplog.text
