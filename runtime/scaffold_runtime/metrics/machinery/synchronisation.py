"""The states of many metrics, exchanged by all processes in one collective - or two.

Every state is laid out as bytes, one after the other, and all bytes travel in a single all-gather:
whatever the number of metrics, states, dtypes and reductions. Where some shapes are known to their
own process only (concatenations, states shaped by the first batch), the processes first tell each
other these. A process without a single batch takes part like the others. Merging is then local,
in rank order, in the states' own dtypes: exact for integers, the same bits on every rank for floats.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ... import distributed as idist
from .states import State, StateHolder, Value, on_device


@contextmanager
def merged(metrics: Iterable[StateHolder]) -> Generator[None]:
    """While this holds, the metrics' states are those of all processes together; a collective.

    Metrics that are merged already, by a block around this one, are left as they are.
    """
    leaves = [metric for metric in with_members(metrics) if metric.states and not metric.is_merged]
    if leaves:
        idist.end_step()  # else a device that records its work would redo the last batch for each value read of it
    if not leaves or idist.get_world_size() == 1:
        yield
        return
    own = [metric.state_values() for metric in leaves]
    for metric, ranks in zip(leaves, gather(leaves), strict=True):
        whole = merge_values(metric.states, ranks, own_rank=idist.get_rank())
        metric.set_state_values({name: on_device(value, metric.device) for name, value in whole.items()})
        metric.is_merged = True
    try:
        yield
    finally:
        for metric, values in zip(leaves, own, strict=True):
            metric.set_state_values(values)
            metric.is_merged = False


@contextmanager
def unmerged(metrics: Iterable[StateHolder]) -> Generator[None]:
    """While this holds, `compute` gives this process's own value and communicates with nobody."""
    leaves = [metric for metric in with_members(metrics) if not metric.is_merged]
    for metric in leaves:
        metric.is_merged = True
    try:
        yield
    finally:
        for metric in leaves:
            metric.is_merged = False


def with_members(metrics: Iterable[StateHolder]) -> Iterator[StateHolder]:
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


def gather(metrics: Sequence[StateHolder]) -> list[list[dict[str, Value]]]:
    """For each metric, the states of every rank, on the host; a collective if there are several processes.

    Raises:
        ValueError: a state has left its declared form.
    """
    if idist.get_world_size() == 1:
        return [[metric.state_values()] for metric in metrics]
    for metric in metrics:
        _check_forms(metric)
    states = [state for metric in metrics for state in metric.states.values()]
    own = [_as_tensor(value) for metric in metrics for value in metric.state_values().values()]
    kinds = [isinstance(value, (int, float)) for metric in metrics for value in metric.state_values().values()]
    forms = _forms_of_ranks(states, [_form(*pair) for pair in zip(own, kinds, strict=True)])
    packed = torch.cat([torch.empty(0, dtype=torch.uint8), *(_as_bytes(value) for value in own if value is not None)])
    lengths = [[sum(form.num_bytes for form in rank)] for rank in forms]
    # A collective of nothing is none.
    rows = idist.all_gather_tensors_with_shapes(packed, lengths) if max(lengths) > [0] else [packed] * len(forms)
    values_of_ranks = [_unpack(row, states, rank) for row, rank in zip(rows, forms, strict=True)]
    return [[{name: next(rank) for name in metric.states} for rank in values_of_ranks] for metric in metrics]


class _Form(NamedTuple):
    """How one value lies in the bytes: a shape of None stands for no value."""

    dtype: torch.dtype
    shape: tuple[int, ...] | None
    is_number: bool

    @property
    def num_bytes(self) -> int:
        return 0 if self.shape is None else math.prod(self.shape) * self.dtype.itemsize


def _form(value: Tensor | None, is_number: bool) -> _Form:
    return _Form(torch.bool, None, False) if value is None else _Form(value.dtype, tuple(value.shape), is_number)


def _forms_of_ranks(states: Sequence[State], own: list[_Form]) -> list[list[_Form]]:
    """The forms of every rank; silent where each rank knows them all."""
    unknown = [index for index, state in enumerate(states) if not state.has_known_shape]
    forms = [list(own) for _ in range(idist.get_world_size())]
    if unknown:
        for rank, told in zip(forms, idist.all_gather([own[index] for index in unknown]), strict=True):
            for index, form in zip(unknown, told, strict=True):
                rank[index] = form
    return forms


def _check_forms(metric: StateHolder) -> None:
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


def _as_tensor(value: Value) -> Tensor | None:
    if isinstance(value, list):
        return torch.cat(value) if value else None
    if isinstance(value, float):
        # With what it is before it: elsewhere the same state may still be the int that it was.
        return torch.cat((torch.tensor([1]), torch.tensor([value], dtype=torch.float64).view(torch.int64)))
    return torch.tensor([0, value]) if isinstance(value, int) else value


def _as_bytes(tensor: Tensor) -> Tensor:
    """On the host: from there bytes reach every backend's processes, and XLA compiles nothing for them."""
    return tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)


def _unpack(row: Tensor, states: Sequence[State], forms: Sequence[_Form]) -> Iterator[Value]:
    bounds = accumulate((form.num_bytes for form in forms), initial=0)
    for state, form, (start, end) in zip(states, forms, pairwise(bounds), strict=True):
        value = _read(row[start:end], form)
        yield value if not isinstance(state.default, list) else [] if value is None else [torch.as_tensor(value)]


def _read(data: Tensor, form: _Form) -> Tensor | float | None:
    if form.shape is None:
        return None
    # A copy starts at an aligned address, wherever in the row the bytes were.
    tensor = data.clone().view(form.dtype).reshape(form.shape)
    if not form.is_number:
        return tensor
    is_float, number = tensor[:1], tensor[1:]
    return number.view(torch.float64).item() if is_float else number.item()
