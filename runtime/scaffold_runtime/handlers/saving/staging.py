"""States in host memory."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor


def on_host(state: Any) -> Any:
    """The state with its tensors in host memory; what is there already is not copied."""
    return _map_tensors(state, lambda tensor: tensor.cpu())


class Staging:
    """Copies states to the host, each into the memory of the one before it.

    Fresh memory is what a copy costs: the system has to find and clear each page. Training writes the same shapes
    again and again, so the second copy and all that follow find their memory ready - pinned, where that speeds
    up the way from a GPU. Tensors that share memory share it in the copy too.
    """

    def __init__(self) -> None:
        self._buffers: list[Tensor] = []

    def of(self, state: Any) -> Any:
        """The copy; it is overwritten by the next one."""
        old, self._buffers = self._buffers, []
        done: dict[tuple[Any, ...], Tensor] = {}

        def copied(tensor: Tensor) -> Tensor:
            if tensor.layout is not torch.strided or tensor.device.type == "xla":
                return tensor.cpu().clone()
            place = (tensor.device, tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
            if place not in done or tensor.numel() == 0:
                index = len(self._buffers)
                self._buffers.append(_fitting(tensor, old[index] if index < len(old) else None))
                done[place] = self._buffers[-1].copy_(tensor, non_blocking=True)
            return done[place]

        result = _map_tensors(state, copied)
        if any(place[0].type == "cuda" for place in done):
            torch.cuda.synchronize()  # copies run beside the host until here
        return result


def _fitting(tensor: Tensor, buffer: Tensor | None) -> Tensor:
    if buffer is not None and buffer.shape == tensor.shape and buffer.dtype == tensor.dtype:
        return buffer
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.device.type == "cuda")


def _map_tensors(state: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The state with other tensors in new containers; nothing of it changes when the original does."""
    if isinstance(state, Tensor):
        return change(state.detach())
    if isinstance(state, Mapping):
        mapping = cast("Mapping[Any, Any]", state)
        result = OrderedDict((key, _map_tensors(value, change)) for key, value in mapping.items())
        if hasattr(mapping, "_metadata"):  # versions of a model's modules, in an attribute of its state
            cast(Any, result)._metadata = cast(Any, mapping)._metadata
            return result
        return dict(result)
    if isinstance(state, tuple):
        return tuple(_map_tensors(value, change) for value in cast("tuple[Any, ...]", state))
    if isinstance(state, list):
        return [_map_tensors(value, change) for value in cast("list[Any]", state)]
    return copy.copy(state)
