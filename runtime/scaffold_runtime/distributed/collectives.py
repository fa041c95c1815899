"""Values that processes exchange. Every process, or every member of the group, must make the same call.

What arrives is exactly what was sent, for every type of tensor, for numbers, any string and any object
that pickles, on every backend: backends move bytes, and nothing is converted on the way. A small object costs one
collective, in which its length and its first bytes travel together. A call that waits in vain is named, with its line
(see `collective_watchdog`).
"""

import ctypes
import pickle
from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

import torch
from torch import Tensor

from . import context
from .collective_watchdog import waiting
from .comp_models.base import ComputationModel

T = TypeVar("T")
Group = Any
"""What `new_group` returned, or a list of ranks."""

_LENGTH_BYTES = 8
_FIRST_BYTES = 512


def barrier() -> None:
    """Returns when all processes have come here."""
    model = context.current()
    if model.world_size > 1:
        with waiting("barrier", model.rank):
            model.barrier()


@overload
def all_gather(tensor: Tensor, group: Group = None) -> Tensor: ...  # pyright: ignore[reportOverlappingOverload]  # a tensor is an object too
@overload
def all_gather(tensor: T, group: Group = None) -> list[T]: ...
def all_gather(tensor: Any, group: Group = None) -> Any:
    """What each process has, in rank order.

    Args:
        tensor: a tensor of one shape and type on all processes, or a number, string or object.
        group: some of the processes; the others get back what they gave.

    Returns:
        Tensors concatenated along the first axis (scalars become a vector); anything else as a list.

    Example:
        >>> all_gather("Grüße")
        ['Grüße']
    """
    model = context.current()
    is_member, members = members_of(model, group)
    if not is_member:
        return tensor
    with waiting("all_gather", model.rank):
        if not isinstance(tensor, Tensor):
            return gather_objects(model, tensor, members)
        rows = gather_tensor(model, tensor, members)
    return rows if tensor.ndim == 0 else rows.flatten(0, 1)


def broadcast(tensor: T, src: int = 0, safe_mode: bool = False) -> T:
    """What process `src` has.

    Args:
        tensor: a tensor, number, string or object; with `safe_mode` only that of `src` matters.
        src: the process that sends.
        safe_mode: the others need not know what comes; a tensor then travels by way of the host.

    Raises:
        ValueError: there is no process `src`.
    """
    model = context.current()
    if not 0 <= src < model.world_size:
        raise ValueError(f"`src` should be a rank from 0 to {model.world_size - 1}, got {src}.")
    with waiting("broadcast", model.rank):
        if isinstance(tensor, Tensor) and not safe_mode:
            return cast("T", model.broadcast_bytes(_bytes_of(tensor), src).view(tensor.dtype).view(tensor.shape))
        sent = tensor.detach().cpu() if isinstance(tensor, Tensor) else tensor
        payload = pickle.dumps(sent) if model.rank == src else b""
        (received,) = _exchange(payload, lambda data: model.broadcast_bytes(data, src).unsqueeze(0))
    return cast("T", received.to(model.device)) if isinstance(received, Tensor) else received


def new_group(ranks: list[int], **kwargs: Any) -> Group:
    """A group of some of the processes, for the `group` of a collective.

    Args:
        ranks: of its members; the others make the call too.
        **kwargs: accepted for programs written for Ignite, without effect.

    Raises:
        ValueError: `ranks` is no list of ranks.
    """
    if not isinstance(ranks, list) or not all(isinstance(rank, int) for rank in ranks):  # pyright: ignore[reportUnnecessaryIsInstance]  # from users
        raise ValueError(f"`ranks` should be a list of int, got {ranks!r}.")
    model = context.current()
    if wrong := [rank for rank in ranks if not 0 <= rank < model.world_size]:
        raise ValueError(f"Ranks go from 0 to {model.world_size - 1}, got {wrong}.")
    with waiting("new_group", model.rank):
        return model.group_of(ranks)


def members_of(model: ComputationModel, group: Group) -> tuple[bool, Any]:
    """Whether this process is in the group, and the backend's name for it."""
    members = new_group(cast("list[int]", group)) if isinstance(group, list) else group
    return model.is_member(members), members


def gather_tensor(model: ComputationModel, tensor: Tensor, group: Any) -> Tensor:
    """The tensors of the group, all of one shape and type, as one with an axis more in front."""
    rows = model.gather_bytes(_bytes_of(tensor), group)
    return rows.view(-1).view(tensor.dtype).view(rows.shape[0], *tensor.shape)


def gather_objects(model: ComputationModel, value: T, group: Any) -> list[T]:
    """The value of each process of the group, in rank order."""
    return _exchange(pickle.dumps(value), lambda data: model.gather_bytes(data, group))


def _exchange(payload: bytes, move: Callable[[Tensor], Tensor]) -> list[Any]:
    """The objects of the processes that send: `move` is a collective that returns their bytes, a row for each."""
    message = len(payload).to_bytes(_LENGTH_BYTES, "little") + payload
    rows = move(_padded(message[:_FIRST_BYTES], _FIRST_BYTES)).cpu()
    lengths = [int(row[:_LENGTH_BYTES].view(torch.int64)) for row in rows]
    if (rest := _LENGTH_BYTES + max(lengths) - _FIRST_BYTES) > 0:
        rows = torch.cat([rows, move(_padded(message[_FIRST_BYTES:], rest)).cpu()], dim=1)
    addresses = [row.data_ptr() + _LENGTH_BYTES for row in rows]
    return [pickle.loads(ctypes.string_at(*place)) for place in zip(addresses, lengths, strict=True)]


def _padded(data: bytes, length: int) -> Tensor:
    return torch.frombuffer(bytearray(data.ljust(length, b"\0")), dtype=torch.uint8)


def _bytes_of(tensor: Tensor) -> Tensor:
    return tensor.detach().contiguous().view(-1).view(torch.uint8)
