"""The same small training under every launcher; rank 0 prints what it measured, as JSON.

In double precision, so that what differs by more than the order of sums is seen (`ROUNDING` says how much that is).

usage: one_program.py [--backend NAME] [--spawn N]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import cast

import torch
from torch import nn
from torch.utils.data import TensorDataset

from scaffold_runtime import distributed as idist

EPOCHS = 3
BATCH_SIZE = 8

# How far processes may come to differ that sum in another order, as one, two and four processes do, and other kernels:
# 15 steps, each of sums over at most 8 x 16 products, whose roundings momentum 0.9 carries into ten later steps.
# That is 4e-12; a float32 anywhere on the way would show as 1e-8, a missing sample as 1e-2.
ROUNDING = 15 * (8 * 16) * 10 * sys.float_info.epsilon


def samples(seed: int, number: int) -> TensorDataset:
    """A regression that a linear model cannot solve; uniform numbers have the same bits on every processor."""
    generator = torch.Generator().manual_seed(seed)
    x = 4 * torch.rand(number, 4, generator=generator, dtype=torch.float64) - 2
    return TensorDataset(x, (x**2).sum(dim=1, keepdim=True))


def training(local_rank: int) -> None:
    """Trains, measures the loss of each epoch over all samples, and prints it."""
    torch.manual_seed(0)
    device = idist.device()
    network = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    for weights in network.parameters():
        nn.init.uniform_(weights, -0.5, 0.5)
    model = idist.auto_model(network)
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
                total += torch.stack([((model(x) - y) ** 2).sum(), total.new_tensor(len(x))])
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
    options = parser.parse_args()
    with idist.Parallel(options.backend, nproc_per_node=options.spawn) as parallel:
        parallel.run(training)
