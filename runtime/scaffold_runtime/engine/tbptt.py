"""Training on long sequences by truncated back-propagation through time."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..nested_tensors import map_tensors
from .batches import Batch, Device, PrepareBatch, prepare_xy
from .clipping import clipped_steps
from .engine import Engine
from .events import EventEnum


class Tbptt_Events(EventEnum):  # the name is Ignite's
    """Fired around each piece of a sequence; its loss is `engine.state.output`."""

    TIME_ITERATION_STARTED = "time_iteration_started"
    TIME_ITERATION_COMPLETED = "time_iteration_completed"


def create_supervised_tbptt_trainer(
    model: nn.Module,
    optimizer: Optimizer,
    loss_fn: Callable[[Any, Any], Tensor],
    tbtt_step: int,
    dim: int = 0,
    device: Device = None,
    non_blocking: bool = False,
    prepare_batch: PrepareBatch = prepare_xy,
    *,
    clip_grad_norm: float | None = None,
) -> Engine[Any, Any]:
    """An engine that cuts each sequence into pieces of `tbtt_step` and takes an optimizer step after each.

    The hidden state goes on from piece to piece, gradients do not. The engine's output is the mean loss of the
    sequence, a detached tensor, in which a short last piece weighs what it should.

    Args:
        model: `model(x)` and `model(x, hidden)` give `(y_pred, hidden)`; hidden states may be nested.
        optimizer: steps once per piece.
        loss_fn: `loss_fn(y_pred, y)` gives the mean loss of a piece.
        tbtt_step: time steps of a piece; the last one may have fewer.
        dim: the axis of time in `x` and `y`.
        device: where batches are moved to.
        non_blocking: move them without waiting, from pinned memory.
        prepare_batch: `prepare_batch(batch, device, non_blocking)` gives `(x, y)`, of whole sequences.
        clip_grad_norm: largest norm of the gradients.

    Raises:
        ValueError: `tbtt_step` is below 1.

    Example:
        >>> class Sum(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.weight = nn.Parameter(torch.ones(()))
        ...     def forward(self, x, hidden=0.0):
        ...         hidden = hidden + self.weight * x.sum(0)
        ...         return hidden.expand(len(x), -1), hidden
        >>> model = Sum()
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        >>> trainer = create_supervised_tbptt_trainer(model, optimizer, nn.functional.l1_loss, tbtt_step=2)
        >>> trainer.run([(torch.ones(3, 1), torch.zeros(3, 1))]).output  # pieces with losses 2, 2 and 3
        tensor(2.3333)
    """
    if tbtt_step < 1:
        raise ValueError(f"`tbtt_step` should be at least 1, got {tbtt_step}.")

    def learn(x: Tensor, y: Tensor, hidden: tuple[Any, ...]) -> tuple[Tensor, Any]:
        optimizer.zero_grad(set_to_none=True)
        y_pred, hidden_after = model(x, *hidden)
        loss = loss_fn(y_pred, y)
        loss.backward()
        with clipped_steps(model, optimizer, norm=clip_grad_norm):
            optimizer.step()
        return loss.detach(), map_tensors(Tensor.detach, hidden_after)

    def step(engine: Engine[Any, Any], batch: Batch) -> Tensor:
        model.train()
        x, y = prepare_batch(batch, device, non_blocking)
        hidden: tuple[Any, ...] = ()
        losses: list[Tensor] = []
        for x_piece, y_piece in zip(x.split(tbtt_step, dim), y.split(tbtt_step, dim), strict=True):
            engine.fire_event(Tbptt_Events.TIME_ITERATION_STARTED)
            loss, after = learn(x_piece, y_piece, hidden)
            hidden = (after,)
            losses.append(loss * x_piece.shape[dim])
            engine.state.output = loss
            engine.fire_event(Tbptt_Events.TIME_ITERATION_COMPLETED)
        return torch.stack(losses).sum() / x.shape[dim]

    trainer = Engine[Any, Any](step)
    trainer.register_events(*Tbptt_Events)
    return trainer
