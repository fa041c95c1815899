"""The learning rate is what the schedule's description says."""

import pytest
import torch
from project_name.optim import OptimizerConfig, make_optimizer, make_scheduler


@pytest.mark.parametrize(("schedule", "last"), [("none", 2.0), ("cosine", 0.0)])
def test_it_begins_at_the_rate(schedule: str, last: float) -> None:
    """And stays there, or ends at nothing."""
    config = OptimizerConfig(schedule=schedule)  # type: ignore[arg-type]
    optimizer = make_optimizer(torch.nn.Linear(1, 1), config, 2.0)
    scheduler = make_scheduler(optimizer, config, epochs=2, batches_per_epoch=5)
    assert optimizer.param_groups[0]["lr"] == 2.0
    for _ in range(10):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(last, abs=1e-9)
