"""A loader whose batches are on the XLA device."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader


class XlaLoader:
    """Sends each batch to the device, sharded over all devices under SPMD, and closes the graph between batches.

    Sending does not wait, and neither does closing the graph: the host makes the next batch while the device
    computes. torch_xla's own loader does this in threads, where an exception of the dataset ends the epoch
    without a word; here it is raised.

    Args:
        loader: of batches on the host.
        device: of this process.
        mesh: of all devices, under SPMD.

    Attributes:
        dataset: of the loader.
        batch_sampler: of the loader.
        sampler: of the loader.
    """

    def __init__(self, loader: DataLoader[Any], *, device: torch.device, mesh: Any = None) -> None:
        self.dataset: Any = loader.dataset
        self.batch_sampler: Any = loader.batch_sampler
        self.sampler: Any = loader.sampler
        self._loader = loader
        self._device = device
        self._mesh = mesh

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Any]:
        torch_xla = importlib.import_module("torch_xla")
        for batch in self._loader:
            yield self._send(batch)
            torch_xla.sync()

    def _send(self, data: Any) -> Any:
        if isinstance(data, Tensor):
            return self._shard(data.to(self._device))
        if isinstance(data, Mapping):
            mapping = cast("Mapping[Any, Any]", data)
            return {key: self._send(value) for key, value in mapping.items()}
        if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
            values = [self._send(value) for value in cast("Sequence[Any]", data)]
            kind: Any = type(cast("object", data))
            return kind(*values) if hasattr(kind, "_fields") else kind(values)
        return data

    def _shard(self, tensor: Tensor) -> Tensor:
        """Splits the first axis over the devices; XLA pads an uneven split and does not count the padding."""
        if self._mesh is not None and tensor.ndim > 0:
            axes = ("data", *(None for _ in range(tensor.ndim - 1)))
            importlib.import_module("torch_xla.distributed.spmd").mark_sharding(tensor, self._mesh, axes)
        return tensor
