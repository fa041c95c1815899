"""The states of many metrics, exchanged by all processes in one collective - or two.

Every state is laid out as bytes, one after the other, and all bytes travel in a single all-gather:
whatever the number of metrics, states, dtypes and reductions. Where some shapes are known to their
own process only (concatenations, states shaped by the first batch), the processes first exchange
these shapes. A process without a single batch takes part like the others. Reducing is then local,
in rank order, in the states' own dtypes: exact for integers, the same bits on every rank for floats.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from ... import distributed as idist
from .states import State, Value

if TYPE_CHECKING:
    from ..metric import Metric

_DTYPES = (
    torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64,
)  # fmt: skip
_MAX_DIMS = 8
_ABSENT, _TENSOR, _NUMBER = range(3)
_HEADER = 3 + _MAX_DIMS


@dataclass(frozen=True)
class _Form:
    """How one value lies in the bytes."""

    kind: int
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        return 0 if self.kind == _ABSENT else math.prod(self.shape) * self.dtype.itemsize

    def as_numbers(self) -> list[int]:
        padding = [0] * (_MAX_DIMS - len(self.shape))
        return [self.kind, _DTYPES.index(self.dtype), len(self.shape), *self.shape, *padding]

    @classmethod
    def from_numbers(cls, numbers: Sequence[int]) -> _Form:
        kind, dtype, num_dims = numbers[:3]
        return cls(kind, _DTYPES[dtype], tuple(numbers[3 : 3 + num_dims]))


@contextmanager
def merged(metrics: Iterable[Metric]) -> Generator[None]:
    """While this holds, the metrics' states are those of all processes together; a collective.

    Metrics that are merged already, by a block around this one, are left as they are.
    """
    leaves = [metric for metric in with_members(metrics) if metric.states and not metric.is_merged]
    if not leaves or idist.get_world_size() == 1:
        yield
        return
    own = [metric.state_values() for metric in leaves]
    for metric, ranks in zip(leaves, gather(leaves), strict=True):
        metric.set_state_values(merge_values(metric.states, ranks, own_rank=idist.get_rank()))
        metric.is_merged = True
    try:
        yield
    finally:
        for metric, values in zip(leaves, own, strict=True):
            metric.set_state_values(values)
            metric.is_merged = False


@contextmanager
def unmerged(metrics: Iterable[Metric]) -> Generator[None]:
    """While this holds, `compute` gives this process's own value and communicates with nobody."""
    leaves = [metric for metric in with_members(metrics) if not metric.is_merged]
    for metric in leaves:
        metric.is_merged = True
    try:
        yield
    finally:
        for metric in leaves:
            metric.is_merged = False


def with_members(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """The metrics and all those inside them, each once, in an order that is the same on every process."""
    seen: set[int] = set()
    waiting = list(metrics)[::-1]
    while waiting:
        metric = waiting.pop()
        if id(metric) not in seen:
            seen.add(id(metric))
            yield metric
            waiting.extend(list(metric.members())[::-1])


def merge_values(states: dict[str, State], ranks: Sequence[dict[str, Value]], *, own_rank: int) -> dict[str, Value]:
    """One value for each state, from those of the ranks."""
    return {
        name: ranks[own_rank][name] if state.reduce is None else state.merge([rank[name] for rank in ranks])
        for name, state in states.items()
    }


def gather(metrics: Sequence[Metric]) -> list[list[dict[str, Value]]]:
    """For each metric, the states of every rank; a collective if there are several processes.

    Raises:
        ValueError: a state has more dimensions than fit, a dtype that does not travel, or not its declared form.
    """
    if idist.get_world_size() == 1:
        return [[metric.state_values()] for metric in metrics]
    for metric in metrics:
        _check_forms(metric)
    states = [state for metric in metrics for state in metric.states.values()]
    own = [value for metric in metrics for value in metric.state_values().values()]
    tensors = [_as_tensor(value) for value in own]
    forms = [_form(value, tensor) for value, tensor in zip(own, tensors, strict=True)]
    forms_of_ranks = _exchange_forms(states, forms)
    values = _exchange_bytes(tensors, forms_of_ranks)
    return [list(per_rank) for per_rank in zip(*(_hand_out(metrics, rank) for rank in values), strict=True)]


def _check_forms(metric: Metric) -> None:
    """Sees that states whose form travels unsaid still have it: a process without a batch relies on that."""
    values = metric.state_values()
    for name, state in metric.states.items():
        if state.has_known_shape and not _is_alike(values[name], state.default):
            raise ValueError(
                f"The state '{name}' of {type(metric).__name__} was declared as {_described(state.default)}, and is "
                f"{_described(values[name])} now. Declare it as what `update` makes of it."
            )


def _is_alike(value: Value, default: Value) -> bool:
    if not isinstance(value, Tensor) or not isinstance(default, Tensor):
        return isinstance(value, (int, float)) and isinstance(default, (int, float))
    # MPS has no double precision.
    return value.shape == default.shape and (value.dtype == default.dtype or value.device.type == "mps")


def _described(value: Value) -> str:
    return f"{value.dtype} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)


def _hand_out(metrics: Sequence[Metric], values: Iterable[Value]) -> list[dict[str, Value]]:
    remaining = iter(values)
    handed: list[dict[str, Value]] = []
    for metric in metrics:
        own: dict[str, Value] = {}
        for name, state in metric.states.items():
            value = next(remaining)
            if isinstance(value, Tensor):
                value = value.to(metric.device)
            own[name] = _as_list(value) if isinstance(state.default, list) else value
        handed.append(own)
    return handed


def _as_list(value: Value) -> list[Tensor]:
    return [value] if isinstance(value, Tensor) else []


def _as_tensor(value: Value) -> Tensor | None:
    if isinstance(value, list):
        return torch.cat(value) if value else None
    return _number_as_bytes(value) if isinstance(value, (int, float)) else value


def _number_as_bytes(value: float) -> Tensor:
    """A number, and before it whether it is a float: elsewhere the same state may still be the int that it was."""
    is_float = isinstance(value, float)
    number = torch.tensor([value], dtype=torch.float64 if is_float else torch.int64)
    return torch.cat((torch.tensor([is_float], dtype=torch.uint8), number.view(torch.uint8)))


def _form(value: Value, tensor: Tensor | None) -> _Form:
    if tensor is None:
        return _Form(_ABSENT, torch.bool, ())
    kind = _NUMBER if isinstance(value, (int, float)) else _TENSOR
    return _checked(_Form(kind, tensor.dtype, tuple(tensor.shape)))


def _checked(form: _Form) -> _Form:
    if form.dtype not in _DTYPES or len(form.shape) > _MAX_DIMS:
        raise ValueError(
            f"A metric's state should have at most {_MAX_DIMS} dimensions and a real dtype, "
            f"got {form.dtype} of shape {form.shape}. Declare it as several states."
        )
    return form


def _exchange_forms(states: Sequence[State], own: Sequence[_Form]) -> list[list[_Form]]:
    """The forms of every rank; silent where each rank knows them all."""
    unknown = [index for index, state in enumerate(states) if not state.has_known_shape]
    world_size = idist.get_world_size()
    forms = [list(own) for _ in range(world_size)]
    if not unknown:
        return forms
    header = torch.tensor([number for index in unknown for number in own[index].as_numbers()])
    rows_of_ranks = _all_gather(header).reshape(world_size, len(unknown), _HEADER)
    gathered = cast(list[list[list[int]]], rows_of_ranks.tolist())
    for rank, rows in enumerate(gathered):
        for index, row in zip(unknown, rows, strict=True):
            forms[rank][index] = _Form.from_numbers(row)
    return forms


def _exchange_bytes(tensors: Sequence[Tensor | None], forms: Sequence[Sequence[_Form]]) -> list[list[Value]]:
    length = max(sum(form.num_bytes for form in rank) for rank in forms)
    if length == 0:
        return [[_read(torch.empty(0, dtype=torch.uint8), form) for form in rank] for rank in forms]
    device = _transport()
    parts = [_as_bytes(tensor, device) for tensor in tensors if tensor is not None]
    packed = torch.cat([*parts, torch.empty(0, dtype=torch.uint8, device=device)])
    buffer = torch.nn.functional.pad(packed, (0, length - packed.numel()))
    rows = _all_gather(buffer).reshape(len(forms), length)
    return [_unpack(row, rank) for row, rank in zip(rows, forms, strict=True)]


def _unpack(row: Tensor, forms: Sequence[_Form]) -> list[Value]:
    bounds = pairwise(accumulate((form.num_bytes for form in forms), initial=0))
    return [_read(row[start:end], form) for (start, end), form in zip(bounds, forms, strict=True)]


def _as_bytes(tensor: Tensor, device: torch.device) -> Tensor:
    return tensor.detach().to(device).contiguous().reshape(-1).view(torch.uint8)


def _read(data: Tensor, form: _Form) -> Value:
    if form.kind == _ABSENT:
        return None
    # A copy starts at an aligned address, wherever in the row the bytes were.
    if form.kind == _NUMBER:
        return data[1:].clone().view(torch.float64 if data[0] else torch.int64).item()
    return data.clone().view(form.dtype).reshape(form.shape)


def _transport() -> torch.device:
    """NCCL sends from the GPU only; bytes reach the others from the host, without a compiled graph on XLA."""
    return idist.device() if idist.backend() == "nccl" else torch.device("cpu")


def _all_gather(tensor: Tensor) -> Tensor:
    return idist.all_gather(tensor.to(_transport()))
