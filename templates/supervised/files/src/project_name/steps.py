"""What is done with a batch in training, for any pairs of inputs and targets; `evaluation.py` has the other step."""

from typing import Any

from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.engine.gradient_window import GradientWindow

from .evaluation import Batch, autocast
from .optim import OptimizerConfig


class TrainStep:
    """One batch of training; at the end of a window of batches (of one, by default) the optimizer's step."""

    def __init__(
        self,
        model: nn.Module,
        loss_fn: nn.Module,
        optimizer: Optimizer,
        scheduler: LRScheduler,
        config: OptimizerConfig,
        precision: str,
    ) -> None:
        self.model, self.loss_fn = model, loss_fn
        self.optimizer, self.scheduler = optimizer, scheduler
        self.clip_grad_norm = config.clip_grad_norm
        self.device = idist.device()
        self.autocast = autocast(precision, self.device)
        # Small gradients would be zero in fp16: the loss is scaled up, and they are scaled down again. Else it is off.
        self.scaler = GradScaler(self.device.type, enabled=precision == "fp16")
        # An epoch may end within a window: then the window does the step with the gradients that are there.
        self.window = GradientWindow(config.gradient_accumulation_steps, model, close=self.update_weights)

    def __call__(self, engine: Engine[Any, Any], batch: Batch) -> Tensor:
        """Trains on the batch; returns its mean loss."""
        if self.window.enter(engine):
            self.optimizer.zero_grad(set_to_none=True)  # not after the step: handlers may look at gradients
        self.model.train()  # an evaluation may have come between
        # From pinned memory, which loaders use beside a GPU, the host does not wait for the copy.
        inputs, targets = (part.to(self.device, non_blocking=True) for part in batch)
        with self.window.no_sync():  # processes exchange gradients once, with the window's last batch
            with self.autocast:
                loss = self.loss_fn(self.model(inputs), targets)  # a mean over the samples: ()
            self.scaler.scale(self.window.share(loss)).backward()
        if self.window.leave():
            self.update_weights()
        return loss.detach()  # not `.item()`: the host would wait for the device at every step

    def update_weights(self) -> None:
        """One step of the optimizer with the gradients of the window."""
        self.scaler.unscale_(self.optimizer)  # before clipping, which is by the gradients' true norm
        if self.clip_grad_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_grad_norm)
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)  # skipped if gradients overflowed in fp16
        self.scaler.update()
        if self.scaler.get_scale() >= scale:  # not skipped: after that it is smaller
            self.scheduler.step()

    @property
    def holds_gradients(self) -> bool:
        """A window is open: what is saved now would lack its gradients, so checkpoints wait for its end."""
        return self.window.is_open
