"""What a metric remembers between batches, declared: a start value and how processes' values become one.

A declaration is all that is needed to reset a metric, to save it, and to merge it over processes.
Three kinds of value differ in what is known before the first batch:

- a tensor or a number has the same shape everywhere: it travels without saying so. A number stays on
  the host (counts that shapes tell); a tensor stays on the device;
- `None` takes its shape from the first batch; a process without a batch has nothing to say;
- `[]` collects tensors, concatenated along their first axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import torch
from torch import Tensor

Value: TypeAlias = Tensor | int | float | list[Tensor] | None
Reduction: TypeAlias = Literal["sum", "min", "max", "mean", "prod", "cat"] | Callable[[Tensor], Tensor] | None


@dataclass(frozen=True)
class State:
    """One declared state.

    Args:
        default: the value after `reset`.
        reduce: how the values of the processes, in rank order, become one; a callable gets them stacked
            along a new first axis. `None`: each process keeps its own.
    """

    default: Value
    reduce: Reduction

    @property
    def has_known_shape(self) -> bool:
        """Whether every process has this state in the same form, whatever it has seen."""
        return isinstance(self.default, (Tensor, int, float))

    def start(self, device: torch.device) -> Value:
        """A fresh start value on `device`."""
        if isinstance(self.default, Tensor):
            return on_device(self.default, device, copy=True)
        return [] if isinstance(self.default, list) else self.default

    def merge(self, values: Sequence[Value]) -> Value:
        """The value of all processes together, from theirs in rank order."""
        present = [value for value in values if value is not None]
        if isinstance(self.default, list):
            parts = [part for value in present if isinstance(value, list) for part in value]
            return [torch.cat(parts)] if parts else []
        return _reduce(self.reduce, present) if present else None


class StateHolder(Protocol):
    """A metric, as far as its states go: what `synchronisation` needs to know of it."""

    is_merged: bool

    @property
    def device(self) -> torch.device:
        """Where the states are."""
        ...

    @property
    def states(self) -> dict[str, State]:
        """What is declared, by attribute."""
        ...

    def state_values(self) -> dict[str, Value]:
        """The states' present values."""
        ...

    def set_state_values(self, values: Mapping[str, Value]) -> None:
        """Replaces the states' values."""

    def members(self) -> Sequence[StateHolder]:
        """The metrics that this one is made of."""
        ...


def on_device(value: Any, device: torch.device, *, copy: bool = False) -> Any:
    """The value on `device`; double precision becomes single where the device has no double (MPS)."""
    if isinstance(value, list):
        return [on_device(part, device, copy=copy) for part in value]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, Tensor):
        return value
    dtype = torch.float32 if device.type == "mps" and value.dtype == torch.float64 else value.dtype
    # What is made within inference mode could not be written to outside of it.
    with torch.inference_mode(False):
        return value.to(device, dtype, copy=copy)


def _reduce(reduction: Reduction, values: Sequence[Any]) -> Any:
    if callable(reduction):
        return reduction(torch.stack([torch.as_tensor(value) for value in values]))
    if reduction == "cat":
        return torch.cat(list(values))
    result = values[0]
    for value in values[1:]:
        result = _PAIRWISE[reduction or "sum"](result, value)
    return result / len(values) if reduction == "mean" else result


def _add(left: Any, right: Any) -> Any:
    return left + right


def _multiply(left: Any, right: Any) -> Any:
    return left * right


def _smaller(left: Any, right: Any) -> Any:
    return torch.minimum(left, torch.as_tensor(right)) if isinstance(left, Tensor) else min(left, right)


def _larger(left: Any, right: Any) -> Any:
    return torch.maximum(left, torch.as_tensor(right)) if isinstance(left, Tensor) else max(left, right)


_PAIRWISE: dict[str, Callable[[Any, Any], Any]] = {
    "sum": _add,
    "mean": _add,
    "prod": _multiply,
    "min": _smaller,
    "max": _larger,
}
