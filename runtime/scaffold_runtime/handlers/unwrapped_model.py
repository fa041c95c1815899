"""The network within its wrappers, which averages of its weights are made of."""

from typing import cast

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel


def unwrapped_model(model: nn.Module) -> nn.Module:
    """What DDP, `DataParallel` and `torch.compile` wrap, in whatever order.

    Example:
        >>> network = nn.Linear(1, 1)
        >>> unwrapped_model(DataParallel(network)) is unwrapped_model(network) is network
        True
    """
    wrapped = getattr(model, "_orig_mod", None)  # of `torch.compile`
    if isinstance(model, (DataParallel, DistributedDataParallel)):
        wrapped = cast("nn.Module", model.module)
    return cast("nn.Module", model) if wrapped is None else unwrapped_model(wrapped)
