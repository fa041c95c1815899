"""Batches on their way to the device."""

import copy
import dataclasses
import inspect
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

Batch: TypeAlias = Any
Device: TypeAlias = "str | torch.device | None"
PrepareBatch: TypeAlias = "Callable[[Batch, Device, bool], tuple[Any, Any]]"


def convert_tensor(x: Any, device: Device = None, non_blocking: bool = False) -> Any:
    """Tensors on `device`, alone or inside tuples, lists, mappings and dataclasses, which keep their types.

    What has a method `to` of its own, as torch's `PackedSequence`, is asked to move itself. Fields of a dataclass
    that hold something else are left as they are.

    Raises:
        TypeError: elsewhere it holds something else.

    Example:
        >>> convert_tensor((torch.ones(1), {"x": torch.zeros(2)}), device="cpu")
        (tensor([1.]), {'x': tensor([0., 0.])})
    """
    return x if device is None else _moved(x, device, non_blocking, is_field=False)


def prepare_xy(batch: Batch, device: Device = None, non_blocking: bool = False) -> tuple[Any, Any]:
    """The two parts of a batch, on the device.

    Raises:
        TypeError: it is no pair.
    """
    try:
        x, y = _no_pair() if isinstance(batch, (Mapping, str)) else batch
    except (TypeError, ValueError):
        raise TypeError(
            f"A batch should be a pair `(x, y)`, got {_described(batch)}. "
            "Give `prepare_batch`, a function of (batch, device, non_blocking) that makes a pair of it."
        ) from None
    return convert_tensor(x, device, non_blocking), convert_tensor(y, device, non_blocking)


def _moved(data: Any, device: Device, non_blocking: bool, *, is_field: bool) -> Any:
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Tensor):
        return data.to(device, non_blocking=non_blocking)
    if callable(getattr(type(cast("object", data)), "to", None)):
        return data.to(device, **_if_taken(data.to, non_blocking))
    move = partial(_moved, device=device, non_blocking=non_blocking, is_field=is_field)
    if isinstance(data, Mapping):
        return _moved_mapping(cast("Mapping[Any, Any]", data), move)
    if isinstance(data, Sequence):
        values = list(map(move, cast("Sequence[Any]", data)))
        kind = cast("Any", type(cast("object", data)))
        return kind(*values) if hasattr(kind, "_fields") else kind(values)
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return _moved_dataclass(data, partial(move, is_field=True))
    if is_field:
        return data
    raise TypeError(
        "A batch holds tensors, strings, what has a method `to`, and sequences, mappings and dataclasses of them; "
        f"got {type(data).__name__}."
    )


def _if_taken(to: Callable[..., Any], non_blocking: bool) -> dict[str, bool]:
    try:
        inspect.signature(to).bind("cpu", non_blocking=non_blocking)
    except (TypeError, ValueError):  # it does not take it, or does not tell
        return {}
    return {"non_blocking": non_blocking}


def _moved_mapping(data: Mapping[Any, Any], move: Callable[[Any], Any]) -> Mapping[Any, Any]:
    moved = {key: move(value) for key, value in data.items()}
    if not isinstance(data, MutableMapping):
        return moved
    result = copy.copy(data)
    result.update(moved)
    return result


def _moved_dataclass(data: Any, move: Callable[[Any], Any]) -> Any:
    result = copy.copy(data)
    for field in dataclasses.fields(data):
        object.__setattr__(result, field.name, move(getattr(data, field.name)))  # frozen or not: nobody has seen it
    return result


def _no_pair() -> tuple[Any, Any]:
    raise TypeError


def _described(batch: Any) -> str:
    if isinstance(batch, Mapping):
        return f"a {type(cast('object', batch)).__name__} with {', '.join(map(repr, cast('Mapping[Any, Any]', batch)))}"
    size = f" of {len(cast('Sequence[Any]', batch))}" if isinstance(batch, (tuple, list)) else ""
    return f"a {type(cast('object', batch)).__name__}{size}"
