"""The supervised steps under PyTorch-Ignite's names for each mode; `supervised_training_step` does them all."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .batches import Batch, Device
from .engine import Engine
from .supervised import supervised_evaluation_step
from .training_step import supervised_training_step

Step = Callable[[Engine[Any, Any], Batch], Any]


def supervised_training_step_amp(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    device: Device = None,
    *args: Any,
    scaler: GradScaler | None = None,
    **kwargs: Any,
) -> Step:
    """A training step under autocast.

    Args:
        model: see `supervised_training_step`, also for the others.
        optimizer: as there.
        loss_fn: as there.
        device: as there.
        *args: `non_blocking`, `prepare_batch`, `model_transform`, `output_transform`.
        scaler: scales the loss, for float16.
        **kwargs: as there.
    """
    return supervised_training_step(
        model, optimizer, loss_fn, device, *args, amp_mode="amp", scaler=scaler or False, **kwargs
    )


def supervised_training_step_tpu(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    device: Device = None,
    *args: Any,
    **kwargs: Any,
) -> Step:
    """A training step on an XLA device; see `supervised_training_step` for the arguments."""
    return supervised_training_step(model, optimizer, loss_fn, device, *args, amp_mode="tpu", **kwargs)


def supervised_evaluation_step_amp(model: nn.Module, device: Device = None, *args: Any, **kwargs: Any) -> Step:
    """An evaluation step under autocast; see `supervised_evaluation_step` for the arguments."""
    return supervised_evaluation_step(model, device, *args, amp_mode="amp", **kwargs)
