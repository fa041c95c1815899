"""XLA devices through torch_xla's PJRT runtime: TPUs, and the CPU as an XLA device for trying things out."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ..launch_error import LaunchError
from .base import ComputationModel, Reduction

T = TypeVar("T")

BACKEND = "xla-tpu"


def is_available() -> bool:
    """Whether torch_xla is installed."""
    return find_spec("torch_xla") is not None


def torch_xla(module: str = "") -> Any:
    """torch_xla, or a module of it; its types are not published."""
    return importlib.import_module(f"torch_xla{module}")


class XlaModel(ComputationModel):
    """This process among those of the PJRT runtime."""

    name = "xla-dist"

    @classmethod
    def start(cls) -> XlaModel:
        """Takes the XLA device of this process.

        Raises:
            LaunchError: torch_xla is not installed.
        """
        if not is_available():
            raise LaunchError(
                f"Backend '{BACKEND}' needs the package torch_xla, which is not installed.",
                "pip install torch==2.9.* torch_xla==2.9.* (the two releases go together).",
            )
        runtime = torch_xla(".runtime")
        return cls(
            backend=BACKEND,
            rank=runtime.global_ordinal(),
            local_rank=runtime.local_ordinal(),
            world_size=runtime.world_size(),
            nproc_per_node=runtime.local_process_count(),
            device=torch_xla().device(),
        )

    def reduce_tensor(self, tensor: Tensor, op: Reduction, group: Any) -> Tensor:
        """Gathered and reduced here: exact for every type, whatever the device's own reduction does."""
        gathered = torch.stack(self.gather_tensors(tensor, group))
        reduce = {"SUM": torch.sum, "PRODUCT": torch.prod, "MIN": torch.amin, "MAX": torch.amax}
        if op in ("AND", "OR"):
            return (gathered.bool().all if op == "AND" else gathered.bool().any)(dim=0)
        return reduce[op](gathered, dim=0).to(tensor.dtype)

    def gather_tensors(self, tensor: Tensor, group: Any) -> list[Tensor]:
        """One collective over the processes."""
        if self.world_size == 1:
            return [tensor.clone()]
        gathered = torch_xla(".core.xla_model").all_gather(tensor.to(self.device).unsqueeze(0), groups=group)
        return list(gathered.to(tensor.device))

    def gather_objects(self, value: T, group: Any) -> list[T]:
        """Any picklable value, exactly as it is."""
        if self.world_size == 1:
            return [value]
        gathered: list[T] = torch_xla(".core.xla_model").mesh_reduce("idist", value, list)
        return gathered

    def broadcast_tensor(self, tensor: Tensor, src: int) -> Tensor:
        """The tensor of `src`, picked from all."""
        return self.gather_tensors(tensor, None)[src]

    def broadcast_object(self, value: T, src: int) -> T:
        """The value of `src`, picked from all."""
        return self.gather_objects(value, None)[src]

    def barrier(self) -> None:
        """Waits for all processes of the runtime."""
        if self.world_size > 1:
            torch_xla(".core.xla_model").rendezvous("idist.barrier")


class XlaLoader:
    """A loader whose batches are on the XLA device, and which closes the recorded graph between them."""

    def __init__(self, loader: DataLoader[Any], device: torch.device) -> None:
        self.dataset: Any = loader.dataset
        self.batch_sampler: Any = loader.batch_sampler
        self.sampler: Any = loader.sampler
        self._loader = torch_xla(".distributed.parallel_loader").MpDeviceLoader(loader, device)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._loader)

    def __len__(self) -> int:
        return len(self._loader)
