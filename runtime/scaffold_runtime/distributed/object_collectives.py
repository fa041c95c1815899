"""Tensors and objects of any type between processes, exactly, on top of the bytes that every backend moves.

A float64 stays a float64 and a string stays its characters, because nothing is converted on the way.
A small object costs one collective: its length and its first bytes travel together.
"""

from __future__ import annotations

import ctypes
import pickle
from typing import Any, TypeVar

import torch
from torch import Tensor

from .comp_models.base import ComputationModel

T = TypeVar("T")

_FIRST_BYTES = 504
_LENGTH_BYTES = 8


def gather_tensor(model: ComputationModel, tensor: Tensor, group: Any) -> Tensor:
    """The tensors of the group, all of one shape and type, as one with an axis more in front."""
    rows = model.gather_bytes(_bytes_of(tensor), group)
    return rows.view(-1).view(tensor.dtype).view(rows.shape[0], *tensor.shape)


def gather_objects(model: ComputationModel, value: T, group: Any) -> list[T]:
    """The value of each process of the group, in rank order."""
    payload = pickle.dumps(value)
    first = model.gather_bytes(_first_message(payload), group).cpu()
    lengths = [int(row[:_LENGTH_BYTES].view(torch.int64)) for row in first]
    rest = max(lengths) - _FIRST_BYTES
    if rest <= 0:
        return [_load(row[_LENGTH_BYTES:], length) for row, length in zip(first, lengths, strict=True)]
    second = model.gather_bytes(_rest_message(payload, rest), group).cpu()
    whole = torch.cat([first[:, _LENGTH_BYTES:], second], dim=1)
    return [_load(row, length) for row, length in zip(whole, lengths, strict=True)]


def broadcast_tensor(model: ComputationModel, tensor: Tensor, src: int) -> Tensor:
    """The tensor of `src`; the others' tensors say its shape and type."""
    received = model.broadcast_bytes(_bytes_of(tensor), src)
    return received.view(tensor.dtype).view(tensor.shape)


def broadcast_object(model: ComputationModel, value: T, src: int) -> T:
    """The value of `src`."""
    payload = pickle.dumps(value) if model.rank == src else b""
    first = model.broadcast_bytes(_first_message(payload), src).cpu()
    length = int(first[:_LENGTH_BYTES].view(torch.int64))
    if length <= _FIRST_BYTES:
        return _load(first[_LENGTH_BYTES:], length)
    second = model.broadcast_bytes(_rest_message(payload, length - _FIRST_BYTES), src).cpu()
    return _load(torch.cat([first[_LENGTH_BYTES:], second]), length)


def broadcast_unknown(model: ComputationModel, value: Any, src: int) -> Any:
    """The value of `src`, of which the others know nothing; a tensor arrives on this process's device."""
    received = broadcast_object(model, value.detach().cpu() if isinstance(value, Tensor) else value, src)
    return received.to(model.device) if isinstance(received, Tensor) else received


def _bytes_of(tensor: Tensor) -> Tensor:
    return tensor.detach().contiguous().view(-1).view(torch.uint8)


def _first_message(payload: bytes) -> Tensor:
    head = len(payload).to_bytes(_LENGTH_BYTES, "little") + payload[:_FIRST_BYTES]
    return torch.frombuffer(bytearray(head.ljust(_LENGTH_BYTES + _FIRST_BYTES, b"\0")), dtype=torch.uint8)


def _rest_message(payload: bytes, length: int) -> Tensor:
    return torch.frombuffer(bytearray(payload[_FIRST_BYTES:].ljust(length, b"\0")), dtype=torch.uint8)


def _load(data: Tensor, length: int) -> Any:
    data = data.contiguous()
    return pickle.loads(ctypes.string_at(data.data_ptr(), length))
