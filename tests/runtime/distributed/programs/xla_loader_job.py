"""Trains a little through an `XlaLoader` and prints what torch_xla's counters saw, as JSON."""

from __future__ import annotations

import json
from typing import Any

import torch
import torch_xla
import torch_xla.debug.metrics as xla_metrics
import torch_xla.distributed.spmd as xla_spmd
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from scaffold_runtime import distributed as idist


class Broken(Dataset[int]):
    """One of its samples cannot be read."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> int:
        if index == 2:
            raise OSError("broken sample")
        return index


def main() -> None:
    """Measures, then prints."""
    idist.initialize("xla-tpu")
    said: dict[str, Any] = {}
    x = torch.arange(15 * 3, dtype=torch.float32).reshape(15, 3)
    loader = idist.auto_dataloader(TensorDataset(x), batch_size=8)
    batches = [batch for (batch,) in loader]
    said["length"] = len(loader)
    if torch_xla.runtime.is_spmd():
        shards = xla_spmd.wrap_if_sharded(batches[0]).local_shards
        said["shards"] = [list(shard.data.shape) for shard in shards]
        said["devices"] = len({shard.shard_device for shard in shards})
        said["uneven"] = int((batches[1] - 24).sum().item())
    else:
        said |= train(x)
        try:
            list(idist.auto_dataloader(Broken(), batch_size=1))
        except OSError as error:
            said["error"] = str(error)
    print(json.dumps(said))


def train(x: torch.Tensor) -> dict[str, int]:
    """Forty steps, counted by torch_xla."""
    model = idist.auto_model(nn.Linear(3, 1))
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=1e-6))
    loader = idist.auto_dataloader(TensorDataset(x[:8]), batch_size=8, shuffle=True)
    torch_xla.sync(wait=True)
    xla_metrics.clear_all()
    for epoch in range(40):
        loader.batch_sampler.set_epoch(epoch)
        for (batch,) in loader:
            optimizer.zero_grad()
            model(batch).square().mean().backward()
            optimizer.step()
    compiled, received = (xla_metrics.metric_data(name) for name in ("CompileTime", "TransferFromDeviceTime"))
    return {
        "compilations": compiled[0] if compiled else 0,
        "transfers from the device": received[0] if received else 0,
    }


if __name__ == "__main__":
    main()
