"""The supervised steps under PyTorch-Ignite's names for each mode; `supervised_training_step` does them all."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .batches import Batch, Device, PrepareBatch, prepare_xy
from .engine import Engine
from .supervised import supervised_evaluation_step
from .training_step import TrainOutput, call, loss_only, same, supervised_training_step

Step = Callable[[Engine[Any, Any], Batch], Any]


def supervised_training_step_amp(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = same,
    output_transform: TrainOutput = loss_only,
    scaler: GradScaler | None = None,
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[[nn.Module, Any], Any] = call,
    **kwargs: Any,
) -> Step:
    """A training step under autocast.

    Args:
        model: see `supervised_training_step`, also for the others.
        optimizer: as there.
        loss_fn: as there.
        device: as there.
        non_blocking: as there.
        prepare_batch: as there.
        model_transform: as there.
        output_transform: as there.
        scaler: scales the loss, for float16.
        gradient_accumulation_steps: as there.
        model_fn: as there.
        **kwargs: `amp_dtype`, `clip_grad_norm` and `clip_grad_value`, as there.
    """
    return supervised_training_step(
        model,
        optimizer,
        loss_fn,
        device,
        non_blocking,
        prepare_batch,
        model_transform,
        output_transform,
        gradient_accumulation_steps,
        model_fn,
        amp_mode="amp",
        scaler=scaler or False,
        **kwargs,
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
