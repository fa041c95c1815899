"""Averages gradients on one XLA device that stands for two processes, and prints what came out, as JSON.

XLA on the CPU is one process, so the sum over the processes is this one's own gradient; that it is divided by two,
when, and that nothing waits for it can be seen all the same.
"""

from __future__ import annotations

import json
from typing import Any

import torch
import torch_xla
import torch_xla.debug.metrics as xla_metrics
from torch import nn

from scaffold_runtime.distributed.comp_models.xla import XlaModel


def main() -> None:
    """One backward pass, then clipping."""
    device: Any = torch_xla.device()
    network = nn.Linear(2, 1, bias=False).to(device)
    processes = XlaModel(backend="xla-tpu", rank=0, world_size=2, nproc_per_node=2, device=device)
    optimizer = processes.wrap_optimizer(torch.optim.SGD(network.parameters(), lr=1.0))
    assert isinstance(optimizer, torch.optim.SGD)
    said: dict[str, Any] = {}
    xla_metrics.clear_all()
    network(torch.tensor([[6.0, 8.0]]).to(device)).sum().backward()
    assert network.weight.grad is not None
    received = xla_metrics.metric_data("TransferFromDeviceTime")
    said["waited"] = bool(received and received[0])
    said["after backward"] = network.weight.grad.tolist()
    said["norm"] = nn.utils.clip_grad_norm_(network.parameters(), 1.0).item()
    said["clipped"] = network.weight.grad.tolist()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
