"""Tensors inside of tuples, lists and mappings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from torch import Tensor


def map_tensors(function: Callable[[Tensor], Tensor], data: Any) -> Any:
    """The same structure with `function` applied to each tensor; strings pass as they are.

    Raises:
        TypeError: it holds something else.

    Example:
        >>> import torch
        >>> map_tensors(torch.neg, {"a": [torch.ones(1), "word"]})
        {'a': [tensor([-1.]), 'word']}
    """
    if isinstance(data, Tensor):
        return function(data)
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Mapping):
        return {key: map_tensors(function, value) for key, value in cast("Mapping[Any, Any]", data).items()}
    if isinstance(data, Sequence):
        values = [map_tensors(function, value) for value in cast("Sequence[Any]", data)]
        kind = cast("Any", type(cast("object", data)))
        return kind(*values) if hasattr(kind, "_fields") else kind(values)
    raise TypeError(f"A batch holds tensors, sequences, mappings and strings; got {type(data).__name__}.")
