"""What is done with a batch of noise and images: the training step of both networks."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Engine
from scaffold_runtime.engine.gradient_window import GradientWindow

from .augment import shift
from .evaluation import Batch, autocast, to_device
from .optim import OptimizerConfig
from .task import discriminator_loss, generator_loss


class Player:
    """One of the two networks, and what updates it at the end of a window of batches (of one, by default)."""

    def __init__(
        self,
        network: nn.Module,
        optimizer: Optimizer,
        scheduler: LRScheduler,
        config: OptimizerConfig,
        precision: str,
    ) -> None:
        self.network, self.optimizer, self.scheduler = network, optimizer, scheduler
        self.clip_grad_norm = config.clip_grad_norm
        # Small gradients would be zero in fp16: the loss is scaled up, and they are scaled down again. Else it is off.
        self.scaler = GradScaler(idist.device().type, enabled=precision == "fp16")
        # An epoch may end within a window: then the window does the step with the gradients that are there.
        self.window = GradientWindow(config.gradient_accumulation_steps, network, close=self.update_weights)

    def begin(self, engine: Engine[Any, Any]) -> None:
        """A batch comes."""
        if self.window.enter(engine):
            self.optimizer.zero_grad(set_to_none=True)  # not after the step: handlers may look at gradients
        self.network.train()  # an evaluation may have come between

    def backward(self, loss: Tensor) -> None:
        """Adds the gradients of the batch's loss."""
        self.scaler.scale(self.window.share(loss)).backward()

    def end(self) -> None:
        """The batch is over."""
        if self.window.leave():
            self.update_weights()

    def update_weights(self) -> None:
        """One step of the optimizer with the gradients of the window."""
        self.scaler.unscale_(self.optimizer)  # before clipping, which is by the gradients' true norm
        if self.clip_grad_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip_grad_norm)
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)  # skipped if gradients overflowed in fp16
        self.scaler.update()
        if self.scaler.get_scale() >= scale:  # not skipped: after that it is smaller
            self.scheduler.step()


class TrainStep:
    """One batch of training of both networks, each against the other as it was before the batch.

    That way a window of batches is one larger batch, and images are generated once for both.
    """

    def __init__(self, generator: Player, discriminator: Player, precision: str) -> None:
        self.generator, self.discriminator = generator, discriminator
        self.precision, self.device = precision, idist.device()
        self.losses: dict[str, Tensor] = {}
        # Without the wrapping by which processes exchange gradients: the generator's loss has none for it.
        self.judge: nn.Module = getattr(discriminator.network, "module", discriminator.network)

    def __call__(self, engine: Engine[Any, Any], batch: Batch) -> Tensor:
        """Trains on the batch; returns the sum of both mean losses, which `losses` has one by one."""
        generator, discriminator = self.generator, self.discriminator
        generator.begin(engine)
        discriminator.begin(engine)
        noise, images = to_device(batch, self.device)
        with generator.window.no_sync(), discriminator.window.no_sync():  # gradients go round once in a window
            with autocast(self.precision, self.device):
                generated = generator.network(noise)
                # One batch: under DDP a second forward pass would change buffers that the gradients of the first need.
                both = torch.cat([shift(images), shift(generated.detach().to(images.dtype))])
                real_scores, generated_scores = discriminator.network(both).float().chunk(2)
                told_apart = discriminator_loss(real_scores, generated_scores)
            discriminator.backward(told_apart)

            self.judge.requires_grad_(False)  # it is the generator's turn
            with autocast(self.precision, self.device):
                taken_for_real = generator_loss(self.judge(shift(generated)).float())
            generator.backward(taken_for_real)
            self.judge.requires_grad_(True)
        generator.end()
        discriminator.end()
        # Not `.item()`: the host would wait for the device at every step.
        self.losses = {"generator": taken_for_real.detach(), "discriminator": told_apart.detach()}
        return self.losses["generator"] + self.losses["discriminator"]

    @property
    def holds_gradients(self) -> bool:
        """A window is open: what is saved now would lack its gradients, so checkpoints wait for its end."""
        return self.generator.window.is_open
