"""Steps of optimizers are told by the optimizers: no iteration counts that is none."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from scaffold_runtime.handlers.optimizer_steps import OptimizerSteps


@pytest.mark.parametrize("of_model", [True, False])
@pytest.mark.parametrize("fused", [True, False])
def test_a_step_that_the_scaler_skips_is_none(of_model: bool, fused: bool) -> None:
    """A gradient that is infinite in fp16 moves no weight; the next one does. A fused optimizer is called for both."""
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), fused=fused)
    steps, scaler = OptimizerSteps(model if of_model else optimizer), GradScaler("cpu")
    moved: list[bool] = []
    for factor in (float("inf"), 1.0):
        optimizer.zero_grad()
        scaler.scale(model(torch.ones(1, 1)).sum() * factor).backward()
        before = model.bias.item()
        scaler.step(optimizer)
        scaler.update()
        moved.append(steps.take())
        assert moved[-1] == (model.bias.item() != before)
    assert moved == [False, True]


def test_a_model_hears_its_own_optimizers_only() -> None:
    """Each optimizer with one of its weights counts, and no other model's."""
    first, second = nn.Linear(1, 1), nn.Linear(1, 1)
    steps = OptimizerSteps(first)
    torch.optim.SGD(second.parameters()).step()
    assert (steps.seen, steps.take()) == (False, False)
    torch.optim.SGD([first.bias]).step()
    assert (steps.seen, steps.take(), steps.take()) == (True, True, False)


def test_what_is_gone_hears_nothing() -> None:
    """It goes with its last user, without the garbage collector, and while an optimizer tells of its step too."""
    weight = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([weight])
    kept = {index: OptimizerSteps(optimizer) for index in range(3)}
    gone = weakref.ref(kept[0])
    optimizer.register_step_post_hook(lambda *_: kept.pop(0))
    gc.disable()
    try:
        optimizer.step()
    finally:
        gc.enable()
    assert gone() is None
    assert [steps.came for steps in kept.values()] == [True, True]
