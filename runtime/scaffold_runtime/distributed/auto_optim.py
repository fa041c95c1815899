"""An optimizer that steps with the gradients of all processes."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from torch.optim import Optimizer

from . import context
from .averaged_gradients import average_gradients
from .comp_models import horovod, xla

OptimizerT = TypeVar("OptimizerT", bound=Optimizer)


def auto_optim(optimizer: OptimizerT, **kwargs: Any) -> OptimizerT:
    """The optimizer, which averages the gradients over the processes where the model does not do so itself.

    Under torch.distributed the model does. Under Horovod it is done here, at the end of each backward pass; on XLA
    devices when the optimizer steps.

    Args:
        optimizer: of the parameters of `auto_model`'s model.
        **kwargs: ask for `horovod.torch.DistributedOptimizer` with these, such as `op` or `compression`, in place of
            the optimizer; without effect elsewhere.
    """
    if context.get_world_size() == 1:
        return optimizer
    if context.backend() == xla.BACKEND:
        reduce_gradients = xla.torch_xla(".core.xla_model").reduce_gradients
        optimizer.register_step_pre_hook(lambda stepping, args, kwargs: reduce_gradients(stepping))
    if context.backend() == horovod.BACKEND:
        hvd = horovod.horovod()
        if optimizer.state:
            hvd.broadcast_optimizer_state(optimizer, root_rank=0)
        if kwargs:
            return cast("OptimizerT", hvd.DistributedOptimizer(optimizer, **kwargs))
        average_gradients(parameter for group in optimizer.param_groups for parameter in group["params"])
    return optimizer
