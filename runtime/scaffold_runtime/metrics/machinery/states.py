"""What a metric remembers between batches, declared: a start value and how processes' values become one.

A declaration is all that is needed to reset a metric, to save it, and to merge it over processes.
Three kinds of value differ in what is known before the first batch:

- a tensor or a number has the same shape everywhere. A number stays on the host (counts that shapes tell);
  a tensor stays on the device;
- `None` takes its shape from the first batch; a process without a batch has nothing to say;
- `[]` collects tensors, concatenated along their first axis.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from ...nested_tensors import map_tensors

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


class StateHolder:
    """What has declared states: a metric, as far as its states go.

    Args:
        device: where they live. None: where the batches are.

    Attributes:
        is_merged: they are those of all processes now, or are to be read as if they were.
    """

    def __init__(self, device: str | torch.device | None) -> None:
        self._follows_batches = device is None
        self._device = torch.device("cpu" if device is None else device)
        self._declared: dict[str, State] = {}
        self.is_merged = False

    def add_state(self, name: str, default: Value, *, reduce: Reduction) -> None:
        """Declares a state: an attribute that is reset, saved, and merged over processes.

        Args:
            name: of the attribute.
            default: its value after `reset`: a tensor (on the device), a number (on the host), `[]` (tensors
                to concatenate), or None (shaped by the first batch).
            reduce: "sum", "min", "max", "mean", "prod", "cat", or a function of the processes' stacked values.
                A process's default must be neutral to it.
        """
        self._declared[name] = State(default, reduce)
        setattr(self, name, self._declared[name].start(self._device))

    def reset(self) -> None:
        """Forgets all batches."""
        for name, state in self._declared.items():
            setattr(self, name, state.start(self._device))

    def members(self) -> Sequence[Any]:
        """The metrics that this one is made of."""
        return []

    @property
    def device(self) -> torch.device:
        """Where the states are."""
        return self._device

    @property
    def states(self) -> dict[str, State]:
        """What is declared, by attribute."""
        return self._declared

    def state_values(self) -> dict[str, Value]:
        """The states' present values."""
        return {name: getattr(self, name) for name in self.states}

    def set_state_values(self, values: Mapping[str, Value]) -> None:
        """Replaces the states' values, by values that may be elsewhere."""
        for name, value in values.items():
            setattr(self, name, on_device(value, self._device))

    def _move(self, device: torch.device) -> None:
        self._device = device
        self.set_state_values({name: getattr(self, name) for name in self._declared})


def on_device(value: Any, device: torch.device, *, copy: bool = False) -> Any:
    """The value on `device`; double precision becomes single where the device has no double (MPS)."""

    def moved(tensor: Tensor) -> Tensor:
        dtype = torch.float32 if device.type == "mps" and tensor.dtype == torch.float64 else tensor.dtype
        # What is made within inference mode could not be written to outside of it.
        with torch.inference_mode(False):
            return tensor.to(device, dtype, copy=copy)

    return map_tensors(moved, value)


def without_wait(value: Tensor) -> Tensor | float:
    """A number, where reading it makes nobody wait: to add numbers costs less. Elsewhere, the tensor."""
    return value.item() if value.is_cpu and not torch.compiler.is_dynamo_compiling() else value


def _reduce(reduction: Reduction, values: Sequence[Any]) -> Any:
    if callable(reduction):
        return reduction(_stacked(values))
    if reduction == "cat":
        return torch.cat(list(values))
    if reduction in ("min", "max") and isinstance(values[0], Tensor):
        return _stacked(values).amin(0) if reduction == "min" else _stacked(values).amax(0)
    result = _OF_NUMBERS.get(reduction or "sum", sum)(values)
    return result / len(values) if reduction == "mean" else result


def _stacked(values: Sequence[Any]) -> Tensor:
    return torch.stack([torch.as_tensor(value) for value in values])


_OF_NUMBERS: dict[str, Callable[[Sequence[Any]], Any]] = {"min": min, "max": max, "prod": math.prod}
