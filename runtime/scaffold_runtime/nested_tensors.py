"""Tensors inside of tuples, lists and mappings."""

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from torch import Tensor


def map_tensors(function: Callable[[Tensor], Tensor], data: Any) -> Any:
    """The same structure with `function` applied to each tensor; of anything else in it there are copies.

    Args:
        function: of a tensor.
        data: the state of a model or an optimizer, say.

    Example:
        >>> import torch
        >>> map_tensors(torch.neg, {"a": [torch.ones(1), "word"]})
        {'a': [tensor([-1.]), 'word']}
    """
    if isinstance(data, Tensor):
        return function(data)
    if isinstance(data, Mapping):
        mapping = cast("Mapping[Any, Any]", data)
        mapped = {key: map_tensors(function, value) for key, value in mapping.items()}
        return _with_versions(mapped, mapping) if hasattr(mapping, "_metadata") else mapped
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        values = [map_tensors(function, value) for value in cast("Sequence[Any]", data)]
        kind = cast("Any", type(cast("object", data)))
        return kind(*values) if hasattr(kind, "_fields") else kind(values)
    return copy.copy(data)


def _with_versions(mapped: dict[Any, Any], state: Any) -> Any:
    """Versions of a model's modules, which torch keeps in an attribute of its `state_dict`, come along."""
    result: Any = OrderedDict(mapped)
    result._metadata = state._metadata
    return result
