"""The same small training under every launcher; rank 0 prints what it measured, as JSON.

usage: one_program.py [--backend NAME] [--spawn N] [--strategy NAME]
"""

from __future__ import annotations

import argparse
import json
from typing import Any, cast

import torch
from torch import nn
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist

EPOCHS = 3
BATCH_SIZE = 8


def samples(seed: int, number: int) -> TensorDataset:
    """A regression that a linear model cannot solve."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(number, 4, generator=generator)
    return TensorDataset(x, (x**2).sum(dim=1, keepdim=True))


def training(local_rank: int, strategy: Any) -> None:
    """Trains, measures the loss of each epoch over all samples, and prints it."""
    torch.manual_seed(0)
    device = idist.device()
    network = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
    model = idist.auto_model(network, strategy=strategy)
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
    train = idist.auto_dataloader(samples(1, 40), batch_size=BATCH_SIZE, shuffle=True, seed=3)
    test = idist.auto_dataloader(samples(2, 13), batch_size=BATCH_SIZE, evaluate=True)
    losses: list[float] = []
    for epoch in range(EPOCHS):
        train.batch_sampler.set_epoch(epoch)
        for batch in train:
            x, y = (part.to(device) for part in cast("list[torch.Tensor]", batch))
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        total = torch.zeros(2, dtype=torch.float64, device=device)
        with torch.no_grad():
            for batch in test:
                x, y = (part.to(device) for part in cast("list[torch.Tensor]", batch))
                total += torch.stack([((model(x) - y) ** 2).sum().double(), torch.tensor(float(len(x)), device=device)])
        squares, count = idist.all_reduce(total).tolist()
        assert count == 13
        losses.append(squares / count)
    if idist.get_rank() == 0:
        measured = {
            "losses": losses,
            "world_size": idist.get_world_size(),
            "nproc_per_node": idist.get_nproc_per_node(),
            "nnodes": idist.get_nnodes(),
            "backend": idist.backend(),
            "device": str(device),
        }
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--backend")
    parser.add_argument("--spawn", type=int)
    parser.add_argument("--strategy", default="auto")
    options = parser.parse_args()
    with idist.Parallel(options.backend, nproc_per_node=options.spawn) as parallel:
        parallel.run(training, options.strategy)
