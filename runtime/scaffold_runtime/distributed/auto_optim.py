"""An optimizer that steps with the gradients of all processes."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from torch.optim import Optimizer

from . import context
from .comp_models import horovod, xla

OptimizerT = TypeVar("OptimizerT", bound=Optimizer)


def auto_optim(optimizer: OptimizerT, **kwargs: Any) -> OptimizerT:
    """The optimizer, which averages the gradients over the processes where the model does not do so itself.

    Under torch.distributed the model does; Horovod's optimizer and XLA's reduction do it here.

    Args:
        optimizer: of the parameters of `auto_model`'s model.
        **kwargs: of `horovod.torch.DistributedOptimizer`; without effect elsewhere.
    """
    if context.get_world_size() == 1:
        return optimizer
    if context.backend() == xla.BACKEND:
        reduce_gradients = xla.torch_xla(".core.xla_model").reduce_gradients
        optimizer.register_step_pre_hook(lambda stepping, args, kwargs: reduce_gradients(stepping))
    if context.backend() == horovod.BACKEND:
        hvd = horovod.horovod()
        distributed = hvd.DistributedOptimizer(optimizer, **kwargs)
        if optimizer.state:
            hvd.broadcast_optimizer_state(distributed, root_rank=0)
        return cast("OptimizerT", distributed)
    return optimizer
