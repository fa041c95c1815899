"""Tensors inside of tuples, lists and mappings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from torch import Tensor


def map_tensors(function: Callable[[Tensor], Tensor], data: Any, *, others: Callable[[Any], Any] | None = None) -> Any:
    """The same structure with `function` applied to each tensor; strings pass as they are.

    Args:
        function: of a tensor.
        data: a batch, or the state of a model or an optimizer.
        others: of anything else, as the numbers in states; refused if not given.

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
        mapping = cast("Mapping[Any, Any]", data)
        mapped = {key: map_tensors(function, value, others=others) for key, value in mapping.items()}
        return _with_versions(mapped, mapping) if hasattr(mapping, "_metadata") else mapped
    if isinstance(data, Sequence):
        values = [map_tensors(function, value, others=others) for value in cast("Sequence[Any]", data)]
        kind = cast("Any", type(cast("object", data)))
        return kind(*values) if hasattr(kind, "_fields") else kind(values)
    if others is not None:
        return others(data)
    raise TypeError(f"A batch holds tensors, sequences, mappings and strings; got {type(data).__name__}.")


def _with_versions(mapped: dict[Any, Any], state: Any) -> Any:
    """Versions of a model's modules, which torch keeps in an attribute of its `state_dict`, come along."""
    result: Any = OrderedDict(mapped)
    result._metadata = state._metadata
    return result
