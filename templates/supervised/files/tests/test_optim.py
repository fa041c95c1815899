"""The learning rate is what the schedule's description says."""

import pytest
import torch
from project_name.optim import OptimizerConfig, make_scheduler


@pytest.mark.parametrize("num_steps", [1, 2, 5, 100])
def test_it_rises_to_the_peak_and_falls_to_nothing(num_steps: int) -> None:
    """Over any number of steps the rate reaches its peak at the end of the warm-up and ends near zero."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    scheduler = make_scheduler(optimizer, OptimizerConfig(), epochs=1, batches_per_epoch=num_steps)
    rates: list[float] = []
    for _ in range(num_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert max(rates) == pytest.approx(2.0)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.0 if num_steps > 1 else 2.0)
    assert rates == sorted(rates[: rates.index(max(rates)) + 1]) + sorted(rates[rates.index(max(rates)) + 1 :])[::-1]
