"""One step of supervised training: forward, backward, and the optimizer where a window of batches closes.

The step returns device tensors and never waits for them: reading a value is the reader's decision.
Gradient accumulation closes its last window at the end of the epoch, however short it is.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .. import distributed as idist
from .batches import Batch, Device, PrepareBatch, prepare_xy
from .clipping import clipped_steps
from .engine import Engine
from .gradient_window import GradientWindow
from .precision import AmpMode, autocast, check_amp_mode, device_type_of, loss_scaler

TrainOutput: TypeAlias = "Callable[[Any, Any, Any, Tensor], Any]"


def same(output: Any) -> Any:
    """The model's output as it is."""
    return output


def call(model: nn.Module, x: Any) -> Any:
    """The model's output for one input."""
    return model(x)


def loss_only(x: Any, y: Any, y_pred: Any, loss: Tensor) -> Any:
    """The loss of the batch, on its device."""
    return loss


class TrainingStep:
    """The step of `create_supervised_trainer`, which says what the arguments mean; for an engine of your own.

    Raises:
        ValueError: `gradient_accumulation_steps` is below 1, or the kinds of device, precision and scaler
            do not go together.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        loss_fn: Callable[[Any, Any], Tensor],
        device: Device = None,
        non_blocking: bool = False,
        prepare_batch: PrepareBatch = prepare_xy,
        model_transform: Callable[[Any], Any] = same,
        output_transform: TrainOutput = loss_only,
        gradient_accumulation_steps: int = 1,
        model_fn: Callable[[nn.Module, Any], Any] = call,
        *,
        amp_mode: AmpMode | None = None,
        amp_dtype: torch.dtype | None = None,
        scaler: GradScaler | bool = False,
        clip_grad_norm: float | None = None,
        clip_grad_value: float | None = None,
    ) -> None:
        self._device_type = device_type_of(model, device)
        check_amp_mode(amp_mode, self._device_type)
        self.scaler = loss_scaler(scaler, amp_mode, self._device_type)
        self._model, self._optimizer, self._loss_fn = model, optimizer, loss_fn
        self._device, self._non_blocking, self._prepare_batch = device, non_blocking, prepare_batch
        self._model_fn, self._model_transform, self._output_transform = model_fn, model_transform, output_transform
        self._amp_mode: AmpMode | None = amp_mode
        self._amp_dtype = amp_dtype
        self._clip_grad_norm, self._clip_grad_value = clip_grad_norm, clip_grad_value
        self._window = GradientWindow(gradient_accumulation_steps, model, close=self._optimize)

    @property
    def holds_gradients(self) -> bool:
        """A window is open: gradients wait for more batches, and no state has them."""
        return self._window.is_open

    def __call__(self, engine: Engine[Any, Any], batch: Batch) -> Any:
        """Trains on a batch, and returns what `output_transform` makes of `(x, y, y_pred, loss)`."""
        window, model = self._window, self._model
        if window.enter(engine):
            self._optimizer.zero_grad(set_to_none=True)  # not after the step: handlers may want to see gradients
        model.train()
        x, y = self._prepare_batch(batch, self._device, self._non_blocking)
        with window.no_sync():
            with autocast(self._amp_mode, self._device_type, self._amp_dtype):
                y_pred = self._model_transform(self._model_fn(model, x))
                loss = self._loss_fn(y_pred, y)
            scaled = window.share(loss)
            (scaled if self.scaler is None else self.scaler.scale(scaled)).backward()
        if window.leave():
            self._optimize()
        idist.current().end_step()
        return self._output_transform(x, y, y_pred, loss.detach())

    def _optimize(self) -> None:
        with clipped_steps(self._model, self._optimizer, self._clip_grad_norm, self._clip_grad_value):
            if self.scaler is None:
                self._optimizer.step()
            else:
                self.scaler.unscale_(self._optimizer)
                self.scaler.step(self._optimizer)
                self.scaler.update()


supervised_training_step = TrainingStep
"""PyTorch-Ignite's name for it."""
