"""Trainers and evaluators for `(x, y)` batches, on every device."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .. import distributed as idist
from .batches import Batch, Device, PrepareBatch, prepare_xy
from .deterministic import DeterministicEngine
from .engine import Engine
from .events import Events, Priority
from .precision import AmpMode, autocast, check_amp_mode, device_type_of
from .training_step import TrainingStep, TrainOutput, call, loss_only, same

EvaluationOutput: TypeAlias = "Callable[[Any, Any, Any], Any]"


def _prediction_and_target(x: Any, y: Any, y_pred: Any) -> Any:
    return y_pred, y


def supervised_evaluation_step(
    model: nn.Module,
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = same,
    output_transform: EvaluationOutput = _prediction_and_target,
    model_fn: Callable[[nn.Module, Any], Any] = call,
    *,
    amp_mode: AmpMode | None = None,
    amp_dtype: torch.dtype | None = None,
) -> Callable[[Engine[Any, Any], Batch], Any]:
    """The step of `create_supervised_evaluator`, to be used in an engine of your own.

    On several processes run that engine within `idist.uneven_inputs(model)`: some may have more batches than others.
    """
    device_type = device_type_of(model, device)
    check_amp_mode(amp_mode, device_type)

    def step(engine: Engine[Any, Any], batch: Batch) -> Any:
        model.eval()
        with torch.no_grad(), autocast(amp_mode, device_type, amp_dtype):
            x, y = prepare_batch(batch, device, non_blocking)
            return output_transform(x, y, model_transform(model_fn(model, x)))

    return step


def create_supervised_trainer(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = same,
    output_transform: TrainOutput = loss_only,
    deterministic: bool = False,
    amp_mode: AmpMode | None = None,
    scaler: GradScaler | bool = False,
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[[nn.Module, Any], Any] = call,
    *,
    amp_dtype: torch.dtype | None = None,
    clip_grad_norm: float | None = None,
    clip_grad_value: float | None = None,
) -> Engine[Any, Any]:
    """An engine that trains `model` on `(x, y)` batches.

    Args:
        model: the network, already on its device.
        optimizer: steps once per `gradient_accumulation_steps` batches, and at the end of an epoch.
        loss_fn: `loss_fn(y_pred, y)` gives the mean loss of a batch.
        device: where batches are moved to.
        non_blocking: move them without waiting, from pinned memory.
        prepare_batch: `prepare_batch(batch, device, non_blocking)` gives `(x, y)`.
        model_transform: applied to the network's output before the loss.
        output_transform: `output_transform(x, y, y_pred, loss)` gives `engine.state.output`; by default
            the detached loss, on its device (`.item()` would make the device wait at every step).
        deterministic: make a `DeterministicEngine`.
        amp_mode: "amp" runs the forward pass under autocast; "tpu" says that the device is an XLA device, as
            `device` alone does.
        scaler: scales the loss, for float16; True makes one. `engine.state.scaler` holds it.
        gradient_accumulation_steps: batches per optimizer step; their gradients are averaged. The last window
            of an epoch is as short as what is left for it.
        model_fn: `model_fn(model, x)` calls the network.
        amp_dtype: autocast's type; the device's default if not given (bfloat16 on CPU and XLA).
        clip_grad_norm: largest norm of the gradients, after unscaling.
        clip_grad_value: largest absolute value in them, after unscaling.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> trainer = create_supervised_trainer(model, optimizer, nn.functional.mse_loss)
        >>> trainer.run([(torch.ones(4, 1), torch.ones(4, 1))], max_epochs=2).iteration
        2
    """
    step = TrainingStep(
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
        amp_mode=amp_mode,
        amp_dtype=amp_dtype,
        scaler=scaler,
        clip_grad_norm=clip_grad_norm,
        clip_grad_value=clip_grad_value,
    )
    trainer = DeterministicEngine[Any, Any](step) if deterministic else Engine[Any, Any](step)
    if step.scaler is not None:
        trainer.state.scaler = step.scaler
    return trainer


def create_supervised_evaluator(
    model: nn.Module,
    metrics: Mapping[str, Any] | None = None,
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = same,
    output_transform: EvaluationOutput = _prediction_and_target,
    amp_mode: AmpMode | None = None,
    model_fn: Callable[[nn.Module, Any], Any] = call,
    *,
    amp_dtype: torch.dtype | None = None,
) -> Engine[Any, Any]:
    """An engine that runs `model` on `(x, y)` batches without gradients and computes metrics.

    All processes run it, each on as many batches as it has, perhaps none: see `idist.uneven_inputs`.

    Args:
        model: the network, already on its device.
        metrics: by the name under which `engine.state.metrics` will hold them.
        device: where batches are moved to.
        non_blocking: move them without waiting, from pinned memory.
        prepare_batch: `prepare_batch(batch, device, non_blocking)` gives `(x, y)`.
        model_transform: applied to the network's output.
        output_transform: `output_transform(x, y, y_pred)` gives `engine.state.output`; by default `(y_pred, y)`.
        amp_mode: "amp" runs the forward pass under autocast.
        model_fn: `model_fn(model, x)` calls the network.
        amp_dtype: autocast's type; the device's default if not given.
    """
    step = supervised_evaluation_step(
        model,
        device,
        non_blocking,
        prepare_batch,
        model_transform,
        output_transform,
        model_fn,
        amp_mode=amp_mode,
        amp_dtype=amp_dtype,
    )
    evaluator = Engine[Any, Any](step)
    _take_uneven_inputs(evaluator, model)
    for name, metric in (metrics or {}).items():
        metric.attach(evaluator, name)
    return evaluator


def _take_uneven_inputs(evaluator: Engine[Any, Any], model: nn.Module) -> None:
    run = ExitStack()

    def begin(engine: Engine[Any, Any]) -> None:
        run.close()  # one that was interrupted
        run.enter_context(idist.uneven_inputs(model, engine.state.epoch_length))

    evaluator.add_event_handler(Events.STARTED, begin, priority=Priority.PROCESSES)
    for event in (Events.COMPLETED, Events.TERMINATE, Events.INTERRUPT, Events.EXCEPTION_RAISED):
        evaluator.add_event_handler(event, run.close, priority=Priority.PROCESSES)
