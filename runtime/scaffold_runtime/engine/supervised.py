"""Trainers and evaluators for `(x, y)` batches, on every device.

A step returns device tensors and never waits for them: reading a value is the reader's decision.
Gradient accumulation closes its last window at the end of the epoch, however short it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .deterministic import DeterministicEngine
from .engine import Engine
from .events import Events
from .gradient_window import GradientWindow
from .nested_tensors import map_tensors

Batch: TypeAlias = Any
Device: TypeAlias = "str | torch.device | None"
PrepareBatch: TypeAlias = "Callable[[Batch, Device, bool], tuple[Any, Any]]"
TrainOutput: TypeAlias = "Callable[[Any, Any, Any, Tensor], Any]"
EvaluationOutput: TypeAlias = "Callable[[Any, Any, Any], Any]"
AmpMode: TypeAlias = Literal["amp", "tpu"]


def convert_tensor(data: Any, device: Device = None, non_blocking: bool = False) -> Any:
    """Tensors, alone or inside tuples, lists and mappings, on `device`.

    Example:
        >>> convert_tensor((torch.ones(1), {"x": torch.zeros(2)}), device="cpu")
        (tensor([1.]), {'x': tensor([0., 0.])})
    """
    if device is None:
        return data
    return map_tensors(lambda tensor: tensor.to(device=device, non_blocking=non_blocking), data)


def prepare_xy(batch: Batch, device: Device = None, non_blocking: bool = False) -> tuple[Any, Any]:
    """The two parts of a batch, on the device."""
    x, y = batch
    return convert_tensor(x, device, non_blocking), convert_tensor(y, device, non_blocking)


def _same(output: Any) -> Any:
    return output


def _loss_only(x: Any, y: Any, y_pred: Any, loss: Tensor) -> Any:
    return loss


def _prediction_and_target(x: Any, y: Any, y_pred: Any) -> Any:
    return y_pred, y


def _call(model: nn.Module, x: Any) -> Any:
    return model(x)


def supervised_training_step(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = _same,
    output_transform: TrainOutput = _loss_only,
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[[nn.Module, Any], Any] = _call,
    *,
    amp_mode: AmpMode | None = None,
    amp_dtype: torch.dtype | None = None,
    scaler: GradScaler | bool = False,
    clip_grad_norm: float | None = None,
    clip_grad_value: float | None = None,
) -> Callable[[Engine[Any, Any], Batch], Any]:
    """The step of `create_supervised_trainer`, to be used in an engine of your own.

    Raises:
        ValueError: `gradient_accumulation_steps` is below 1, or the kinds of device, precision and scaler
            do not go together.
    """
    if gradient_accumulation_steps < 1:
        raise ValueError(f"`gradient_accumulation_steps` should be at least 1, got {gradient_accumulation_steps}.")
    device_type = _device_type(model, device)
    _check_amp_mode(amp_mode, device_type)
    loss_scaler = _scaler(scaler, amp_mode, device_type)
    window = GradientWindow(gradient_accumulation_steps)

    def clip() -> None:
        if clip_grad_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip_grad_norm)
        if clip_grad_value is not None:
            nn.utils.clip_grad_value_(model.parameters(), clip_grad_value)

    def optimize() -> None:
        if loss_scaler is None:
            clip()
            optimizer.step()
        else:
            loss_scaler.unscale_(optimizer)
            clip()
            loss_scaler.step(optimizer)
            loss_scaler.update()

    def close_window() -> None:
        if window.cut(model):
            optimize()

    def open_window(engine: Engine[Any, Any]) -> None:
        optimizer.zero_grad(set_to_none=True)  # not after the step: handlers may want to see gradients
        if window.length > 1 and not engine.has_event_handler(close_window):
            # Before all others: those that evaluate or save at the end of the epoch want the last step done.
            engine.add_event_handler(EPOCH_ENDS, close_window, priority=FIRST)

    def step(engine: Engine[Any, Any], batch: Batch) -> Any:
        if window.enter(engine):
            open_window(engine)
        model.train()
        x, y = prepare_batch(batch, device, non_blocking)
        with window.synchronisation(model):
            with _autocast(amp_mode, device_type, amp_dtype):
                y_pred = model_transform(model_fn(model, x))
                loss = loss_fn(y_pred, y)
            scaled = window.share(loss)
            (scaled if loss_scaler is None else loss_scaler.scale(scaled)).backward()
        if window.leave():
            optimize()
        if device_type == "xla":
            _end_xla_step()
        return output_transform(x, y, y_pred, loss.detach())

    return step


EPOCH_ENDS = Events.TERMINATE_SINGLE_EPOCH | Events.EPOCH_COMPLETED
FIRST = 1 << 30
"""A priority above all others."""


def supervised_evaluation_step(
    model: nn.Module,
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = _same,
    output_transform: EvaluationOutput = _prediction_and_target,
    model_fn: Callable[[nn.Module, Any], Any] = _call,
    *,
    amp_mode: AmpMode | None = None,
    amp_dtype: torch.dtype | None = None,
) -> Callable[[Engine[Any, Any], Batch], Any]:
    """The step of `create_supervised_evaluator`, to be used in an engine of your own."""
    device_type = _device_type(model, device)
    _check_amp_mode(amp_mode, device_type)

    def step(engine: Engine[Any, Any], batch: Batch) -> Any:
        model.eval()
        with torch.no_grad(), _autocast(amp_mode, device_type, amp_dtype):
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
    model_transform: Callable[[Any], Any] = _same,
    output_transform: TrainOutput = _loss_only,
    deterministic: bool = False,
    amp_mode: AmpMode | None = None,
    scaler: GradScaler | bool = False,
    gradient_accumulation_steps: int = 1,
    model_fn: Callable[[nn.Module, Any], Any] = _call,
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
    device_type = _device_type(model, device)
    loss_scaler = _scaler(scaler, amp_mode, device_type)
    step = supervised_training_step(
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
        scaler=loss_scaler or False,
        clip_grad_norm=clip_grad_norm,
        clip_grad_value=clip_grad_value,
    )
    trainer = DeterministicEngine[Any, Any](step) if deterministic else Engine[Any, Any](step)
    if loss_scaler is not None:
        trainer.state.scaler = loss_scaler
    return trainer


def create_supervised_evaluator(
    model: nn.Module,
    metrics: Mapping[str, Any] | None = None,
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    model_transform: Callable[[Any], Any] = _same,
    output_transform: EvaluationOutput = _prediction_and_target,
    amp_mode: AmpMode | None = None,
    model_fn: Callable[[nn.Module, Any], Any] = _call,
    *,
    amp_dtype: torch.dtype | None = None,
) -> Engine[Any, Any]:
    """An engine that runs `model` on `(x, y)` batches without gradients and computes metrics.

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
    for name, metric in (metrics or {}).items():
        metric.attach(evaluator, name)
    return evaluator


def _device_type(model: nn.Module, device: Device) -> str:
    """Of the batches' device; the model's, if that was not given."""
    if device is not None:
        return torch.device(device).type
    parameter = next(model.parameters(), None)
    return "cpu" if parameter is None else parameter.device.type


def _check_amp_mode(mode: str | None, device_type: str) -> None:
    if mode not in (None, "amp", "tpu"):
        raise ValueError(f"`amp_mode` should be 'amp', 'tpu' or None, got {mode!r}.")
    if mode == "tpu" and device_type != "xla":
        raise ValueError(
            f'`amp_mode="tpu"` is for XLA devices, and this one is {device_type!r}. '
            'Give `device=idist.device()` under the backend "xla-tpu", or use `amp_mode="amp"`.'
        )


def _scaler(scaler: GradScaler | bool, mode: str | None, device_type: str) -> GradScaler | None:
    if scaler is False:
        return None
    if mode != "amp":
        raise ValueError(f'A gradient scaler belongs to `amp_mode="amp"`; got `amp_mode={mode!r}`.')
    return GradScaler(device_type) if scaler is True else scaler


def _autocast(mode: AmpMode | None, device_type: str, dtype: torch.dtype | None) -> AbstractContextManager[Any]:
    if mode != "amp":
        return nullcontext()
    return torch.autocast(device_type, dtype=dtype or (torch.bfloat16 if device_type == "xla" else None))


def _end_xla_step() -> None:
    """Hands the recorded graph to the device; nothing waits for it."""
    import torch_xla  # pyright: ignore[reportMissingImports]

    torch_xla.sync()  # pyright: ignore[reportUnknownMemberType]
