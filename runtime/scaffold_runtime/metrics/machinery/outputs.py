"""What a metric's `update` takes of an engine's output: entries of a mapping, or lists of samples one by one."""

from collections.abc import Iterator, Mapping, Sequence
from numbers import Number
from typing import Any, cast

import torch
from torch import Tensor


def identity(output: Any) -> Any:
    """The output as it is; a named function, so that metrics pickle."""
    return output


def wrong_batch(output: Any, *names: str) -> TypeError:
    """What to raise where an output is not one tensor for each name."""
    return TypeError(
        f"A batch should be tensors ({', '.join(names)}), got {described(output)}. An `output_transform` picks them."
    )


def described(output: Any) -> str:
    """What it is, for a message."""
    if isinstance(output, Tensor):
        return f"a tensor of shape {tuple(output.shape)}"
    if isinstance(output, (tuple, list)):
        return f"({', '.join(type(part).__name__ for part in cast(Sequence[Any], output))})"
    return f"'{type(output).__name__}'"


def picked(output: Mapping[str, Any], keys: Sequence[str] | None, name: str) -> tuple[Any, ...]:
    """The entries of a mapping that the metric `name` takes, in order.

    Raises:
        TypeError: it takes no mapping.
        ValueError: an entry is missing.
    """
    if keys is None:
        raise TypeError(
            f"{name} takes no mapping, got one with the keys {list(output)}. "
            "Give it an `output_transform` that picks what it measures."
        )
    if not all(key in output for key in keys):
        raise ValueError(
            f"{name} needs the keys {list(keys)} of a mapping, got {list(output)}. "
            "Rename them in an `output_transform`, or set `required_output_keys`."
        )
    return tuple(output[key] for key in keys)


def is_lists(output: Any) -> bool:
    """Whether it is lists of samples, tensors or numbers, and not batches."""
    if not isinstance(output, (tuple, list)) or (output and isinstance(output[0], Tensor)):
        return False
    parts = cast(Sequence[Any], output)
    return all(
        isinstance(part, (tuple, list)) and all(isinstance(item, (Tensor, Number)) for item in cast(list[Any], part))
        for part in parts
    )


def unrolled(output: Sequence[Sequence[Tensor | float]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Pairs of batches of one, from two lists of samples."""
    if len(output) != 2 or len(output[0]) != len(output[1]):
        raise ValueError(
            f"An output of lists should be two of the same length, got lengths {[len(part) for part in output]}. "
            "Set `skip_unrolling=True` where the lists are not samples."
        )
    for left, right in zip(*output, strict=True):
        first = _batch_of_one(left, None)
        yield first, _batch_of_one(right, first.device)


def _batch_of_one(sample: Tensor | float, device: torch.device | None) -> Tensor:
    return sample.unsqueeze(0) if isinstance(sample, Tensor) else torch.tensor([sample], device=device)
