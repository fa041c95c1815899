"""Less memory for more time: activations that are computed again in the backward pass, not kept."""

from collections.abc import Sequence
from typing import Any, cast

from torch import nn
from torch.utils import checkpoint as checkpointing


class _Checkpointed(nn.Module):
    """Put before a module's own class: the names of parameters, copies and hooks stay as they are."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        if not self.training:
            return super().forward(*args, **kwargs)
        again = cast("Any", checkpointing.checkpoint)
        return again(super().forward, *args, use_reentrant=False, **kwargs)


def checkpoint_activations(model: nn.Module, kinds: Sequence[type[nn.Module]]) -> None:
    """Makes all modules of these classes forget their activations until the backward pass.

    Args:
        model: changed in place.
        kinds: classes of modules, usually the blocks that a deep network repeats.

    Raises:
        ValueError: the model has no such module.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> checkpoint_activations(model, [nn.Linear])
        >>> type(model[0]).__name__, isinstance(model[0], nn.Linear), list(model.state_dict())
        ('CheckpointedLinear', True, ['0.weight', '0.bias'])
    """
    chosen = [module for module in model.modules() if isinstance(module, tuple(kinds))]
    if kinds and not chosen:
        raise ValueError(f"`kinds` names {', '.join(kind.__name__ for kind in kinds)}, and the model has none.")
    for module in chosen:
        kind = type(module)
        if not issubclass(kind, _Checkpointed):
            module.__class__ = type(f"Checkpointed{kind.__name__}", (_Checkpointed, kind), {})
