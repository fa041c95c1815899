"""The supervised steps under Ignite's names."""

import pytest
import torch
from torch import nn

from scaffold_runtime.engine import (
    Engine,
    supervised_evaluation_step_amp,
    supervised_training_step_amp,
    supervised_training_step_tpu,
)


@pytest.fixture
def model():
    """A network of two weights."""
    return nn.Linear(2, 2, bias=False)


def test_training_under_autocast(model):
    """The forward pass is bfloat16 on the CPU; positional arguments stand where Ignite has them."""
    dtypes = []
    step = supervised_training_step_amp(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        nn.functional.mse_loss,
        "cpu",
        False,
        lambda batch, device, non_blocking: batch,
        lambda output: (dtypes.append(output.dtype), output.float())[1],
        lambda x, y, y_pred, loss: loss.item(),
        None,
        2,
        lambda model, x: model(x - 1),
    )
    assert Engine(step).run([(torch.ones(1, 2), torch.ones(1, 2))]).output == 1.0
    assert dtypes == [torch.bfloat16]


def test_scaler(model):
    """The scaler's scale multiplies the loss, and steps are taken with what it was before."""
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    step = supervised_training_step_amp(model, optimizer, nn.functional.mse_loss, scaler=scaler)
    Engine(step).run([(torch.ones(1, 2), torch.ones(1, 2))])
    assert scaler.get_scale() == 8.0


def test_evaluation_under_autocast(model):
    """The forward pass is bfloat16 on the CPU, without gradients."""
    y_pred, _ = Engine(supervised_evaluation_step_amp(model)).run([(torch.ones(1, 2), torch.ones(1))]).output
    assert (y_pred.dtype, y_pred.requires_grad) == (torch.bfloat16, False)


def test_tpu_elsewhere(model):
    """A step for XLA devices is refused on others."""
    with pytest.raises(ValueError, match="XLA") as raised:
        supervised_training_step_tpu(model, torch.optim.SGD(model.parameters()), nn.functional.mse_loss)
    assert str(raised.value) == (
        "`amp_mode=\"tpu\"` is for XLA devices, and this one is 'cpu'. "
        'Give `device=idist.device()` under the backend "xla-tpu", or use `amp_mode="amp"`.'
    )
