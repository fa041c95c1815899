"""The states of many metrics, exchanged by all processes in one collective - or two, where they are many.

All states travel in a single `all_gather`, whatever their number, dtypes and reductions, and whatever shape they
have on which rank. A process without a single batch takes part like the others. Merging is then local,
in rank order, in the states' own dtypes: exact for integers, the same bits on every rank for floats.
"""

import ctypes
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor

from ... import distributed as idist
from .states import State, StateHolder, Value


@contextmanager
def merged(metrics: Iterable[StateHolder]) -> Generator[None]:
    """While this holds, the metrics' states are those of all processes together; a collective.

    Metrics that are merged already, by a block around this one, are left as they are.
    """
    leaves = [metric for metric in with_members(metrics) if metric.states and not metric.is_merged]
    if leaves:
        idist.current().end_step()  # else a device that records its work would redo the batch for each value
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
    """For each metric, the states of every rank, on the host; a collective if there are several processes."""
    own = [metric.state_values() for metric in metrics]
    if idist.get_world_size() == 1:
        return [[values] for values in own]
    ranks = idist.all_gather([[_packed(value) for value in values.values()] for values in own])
    return [
        [dict(zip(values, map(_unpacked, rank[index]), strict=True)) for rank in ranks]
        for index, values in enumerate(own)
    ]


def _packed(value: Value) -> Any:
    """A tensor as its type, shape and bytes: pickled as a tensor it would take a thousand bytes more."""
    if isinstance(value, list):
        are_batches = all(isinstance(part, Tensor) and part.ndim > 0 for part in cast("list[Any]", value))
        return [_packed(torch.cat(value))] if value and are_batches else [_packed(part) for part in value]
    if not isinstance(value, Tensor):
        return value
    tensor = value.detach().cpu().contiguous()
    return tensor.dtype, tuple(tensor.shape), ctypes.string_at(tensor.data_ptr(), tensor.nbytes)


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(part) for part in cast("list[Any]", value)]
    if not isinstance(value, tuple):
        return value
    dtype, shape, data = cast("tuple[torch.dtype, tuple[int, ...], bytes]", value)
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape) if data else torch.empty(shape, dtype=dtype)
