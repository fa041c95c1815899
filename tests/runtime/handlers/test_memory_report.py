"""What memory is taken by."""

import logging

import torch
from torch import nn

from scaffold_runtime.engine import Engine
from scaffold_runtime.handlers import MemoryReport


def test_parts_are_counted_by_hand(caplog):
    """4 bytes for each weight and gradient, twice that for Adam's two means and four for its step; told once."""
    model = nn.Sequential(nn.Linear(100, 50), nn.BatchNorm1d(50))
    optimizer = torch.optim.Adam(model.parameters())

    def step(engine, batch):
        model(batch).sum().backward()
        optimizer.step()

    trainer, report = Engine(step), MemoryReport(model, optimizer)
    report.attach(trainer)
    with caplog.at_level(logging.INFO, "scaffold_runtime.handlers.memory_report"):
        most = trainer.run([torch.randn(4, 100)], max_epochs=2).metrics["memory_gib"]
    weights = 100 * 50 + 50 + 2 * 50
    buffers = 2 * 50 * 4 + 8
    parts = {name: size * 2**30 for name, size in report.parts().items()}
    assert parts == {"weights": weights * 4 + buffers, "gradients": weights * 4, "optimizer": weights * 8 + 4 * 4}
    assert 0.05 < most < 64
    (line,) = [record.message for record in caplog.records]
    assert line.startswith(f"Memory in GiB: {most:.2f} at most: weights 0.00, gradients 0.00, optimizer 0.00, activ")
