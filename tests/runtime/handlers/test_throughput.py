"""How fast a run trains."""

import time

import pytest
import torch

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import Throughput
from scaffold_runtime.handlers.throughput import known_peak, samples_of


def test_a_validation_does_not_count():
    """Twenty samples in the time of the steps: what comes at the end of the epoch is another matter."""
    trainer = Engine(lambda engine, batch: time.sleep(0.01))
    Throughput().attach(trainer)
    began, ended = [], []
    trainer.add_event_handler(Events.EPOCH_STARTED, lambda: began.append(time.perf_counter()))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=5), lambda: ended.append(time.perf_counter()))
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: time.sleep(0.3))
    speed = trainer.run([(torch.zeros(4, 2), torch.zeros(4))] * 5).metrics["samples_per_second"]
    seconds = ended[0] - began[0]
    assert 20 / (seconds + 0.2) < speed <= 20 / 0.05


def test_what_is_counted_and_of_how_much():
    """Tokens, and the part of the peak that their operations are; whoever wants to hear is told."""
    trainer, told = Engine(lambda engine, batch: time.sleep(0.01)), []
    options = {"operations": 3e9, "peak_teraflops": 2.0, "say": told.append}
    Throughput("tokens", lambda batch: batch.numel(), **options).attach(trainer)
    metrics = trainer.run([torch.zeros(4, 25)] * 3).metrics
    assert metrics["mfu"] == pytest.approx(metrics["tokens_per_second"] * 3e9 / 2e12)
    speed, mfu = metrics["tokens_per_second"], metrics["mfu"]
    assert told == [f"{speed:,.0f} tokens/s, {mfu:.1%} of 2 teraflops (MFU)"]


def test_samples_of_batches():
    """The first tensor says how many, wherever it is; without one the error says what to give."""
    assert samples_of([torch.zeros(3, 2), torch.zeros(3)]) == 3
    assert samples_of({"x": (torch.zeros(5),)}) == 5
    for batch in ("words", [], torch.zeros(())):
        with pytest.raises(TypeError, match=r"Give `count`\.$"):
            samples_of(batch)
    assert known_peak(torch.device("cpu")) is None
