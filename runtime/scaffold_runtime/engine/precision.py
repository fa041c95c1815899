"""Automatic mixed precision: which device, which float type, and whether the loss is scaled."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, TypeAlias

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

AmpMode: TypeAlias = Literal["amp", "tpu"]


def device_type_of(model: nn.Module, device: str | torch.device | None) -> str:
    """The type of the batches' device; of the model's, if that was not given."""
    if device is not None:
        return torch.device(device).type
    parameter = next(model.parameters(), None)
    return "cpu" if parameter is None else parameter.device.type


def check_amp_mode(mode: str | None, device_type: str) -> None:
    """Refuses a mode that there is not, or not on this device.

    Raises:
        ValueError: it is one of these.
    """
    if mode not in (None, "amp", "tpu"):
        raise ValueError(f"`amp_mode` should be 'amp', 'tpu' or None, got {mode!r}.")
    if mode == "tpu" and device_type != "xla":
        raise ValueError(
            f'`amp_mode="tpu"` is for XLA devices, and this one is {device_type!r}. '
            'Give `device=idist.device()` under the backend "xla-tpu", or use `amp_mode="amp"`.'
        )


def loss_scaler(scaler: GradScaler | bool, mode: str | None, device_type: str) -> GradScaler | None:
    """The scaler that was given, or a new one for True.

    Raises:
        ValueError: there is nothing to scale for.
    """
    if scaler is False:
        return None
    if mode != "amp":
        raise ValueError(f'A gradient scaler belongs to `amp_mode="amp"`; got `amp_mode={mode!r}`.')
    return GradScaler(device_type) if scaler is True else scaler


def autocast(mode: AmpMode | None, device_type: str, dtype: torch.dtype | None) -> AbstractContextManager[Any]:
    """The context of a forward pass."""
    if mode != "amp":
        return nullcontext()
    return torch.autocast(device_type, dtype=dtype or (torch.bfloat16 if device_type == "xla" else None))
