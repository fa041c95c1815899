"""What a `Team` does with `auto_model`, `auto_optim` and `auto_dataloader`."""

from __future__ import annotations

import copy
import io
import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.data import Dataset, IterableDataset, SequentialSampler, TensorDataset

from scaffold_runtime import distributed as idist
from scaffold_runtime.engine import Events, create_supervised_trainer

# How far `train` and `accumulate` may come to differ in double precision where sums have another order: at most four
# steps of sums over at most 8 x 8 products, which AdamW divides by gradients that may be a thousand times smaller than
# their terms. That is 6e-11; a float32 anywhere on the way would show as 1e-8, a missing gradient as 1e-2.
ROUNDING = 4 * (8 * 8) * 1000 * sys.float_info.epsilon


class Augmented(Dataset[float]):
    """Each sample is its index and a little noise."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> float:
        return index + torch.rand((), dtype=torch.float64).item() / 2


class Stream(IterableDataset[int]):
    """Numbers without an end that anyone knows."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(9))


class Block(nn.Module):
    """One of a deep network's blocks."""

    calls = 0

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """A residual step."""
        Block.calls += 1
        return x + torch.tanh(self.linear(x))


def frozen() -> tuple[list[float], float]:
    """A network without parameters to train, and a loss: both begin with other numbers on each process."""
    torch.manual_seed(idist.get_rank())
    network = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1)).requires_grad_(False)
    network[1].running_mean = torch.rand(1)
    network = idist.auto_model(network)
    loss = idist.auto_model(nn.MSELoss())
    y = network(torch.ones(3, 2))
    return [*network.state_dict()["0.weight"].flatten().tolist(), network[1].running_mean.item()], loss(y, y).item()


def own_buffers() -> list[float]:
    """Rank 0's mean, the own one, and what they become when they are shared; counts are whole numbers."""
    norm = nn.BatchNorm1d(1)
    assert norm.running_mean is not None
    assert norm.num_batches_tracked is not None
    norm(torch.tensor([[1.0], [3.0]]) + idist.get_rank())
    before = norm.running_mean.item()
    idist.broadcast_buffers(norm)
    return [before, norm.running_mean.item(), norm.num_batches_tracked.item()]


def epoch(num_workers: int, batch_size: int = 6, per_process: bool = False) -> list[list[float]]:
    """The batches of the second epoch, augmented."""
    loader = idist.auto_dataloader(
        Augmented(), batch_size=batch_size, shuffle=True, seed=4, num_workers=num_workers, per_process=per_process
    )
    loader.batch_sampler.set_epoch(1)
    return [batch.tolist() for batch in loader]


def evaluation(number: int) -> list[int]:
    """What this process evaluates of a few samples."""
    samples = torch.utils.data.TensorDataset(torch.arange(number))
    return [int(i) for (batch,) in idist.auto_dataloader(samples, batch_size=4, evaluate=True) for i in batch]


def stream(split: bool) -> list[int]:
    """What this process reads of a stream."""
    return [int(i) for batch in idist.auto_dataloader(Stream(), batch_size=4, split=split) for i in batch]


def ordered(by_sampler: bool = True) -> list[list[int]]:
    """The batches that a sampler of torch orders, or nobody."""
    samples = torch.utils.data.TensorDataset(torch.arange(8))
    sampler = {"sampler": SequentialSampler(samples)} if by_sampler else {}
    return [batch.tolist() for (batch,) in idist.auto_dataloader(samples, batch_size=4, **sampler)]


def num_workers_of(asked: int) -> int:
    """The workers that each process has."""
    return idist.auto_dataloader(Augmented(), batch_size=4, num_workers=asked).num_workers


def spread(network: nn.Module, way: str, wrap: bool = False, **options: Any) -> nn.Module:
    """The network as `ddp` or `fsdp` has it; `none` leaves the processes alone."""
    if way == "fsdp":
        return idist.shard_model(network, wrap=(Block,) if wrap else (), **options)
    return network if way == "none" else idist.auto_model(network, **options)


def train(way: str, blocks: bool = False, checkpoint: bool = False, half: bool = False) -> dict[str, Any]:
    """Losses of a few steps of a deep network over all processes, and what became of its parameters."""
    torch.manual_seed(idist.get_rank())  # the processes begin differently: only rank 0's parameters count
    network = nn.Sequential(nn.Linear(8, 4), Block(), Block(), nn.Linear(4, 1))
    dtype = torch.float32 if half else torch.float64
    network.to(dtype)
    if checkpoint:
        idist.checkpoint_activations(network, [Block])
    model = spread(
        network, way, blocks, **({"param_dtype": torch.bfloat16, "reduce_dtype": torch.float32} if half else {})
    )
    optimizer = idist.auto_optim(torch.optim.AdamW(model.parameters(), lr=0.01))
    generator = torch.Generator().manual_seed(7)
    share = slice(idist.get_rank() * 8 // idist.get_world_size(), (idist.get_rank() + 1) * 8 // idist.get_world_size())
    Block.calls, losses = 0, []
    for _ in range(4):
        x = torch.randn(8, 8, generator=generator)[share].to(dtype)
        loss = (model(x).to(dtype) - x.sum(dim=1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(idist.all_reduce(loss.item()) / idist.get_world_size())
    local = [getattr(p, "_local_tensor", p) for p in model.parameters()]
    return {
        "losses": losses,
        "calls": Block.calls,
        "type": type(model).__name__,
        "elements": sum(p.numel() for p in model.parameters()),
        "local": sum(p.numel() for p in local),
        "dtypes": {str(p.dtype) for p in model.parameters()},
    }


def accumulate(way: str) -> list[list[float]]:
    """The parameters after two epochs of two batches a step, with clipped gradients; the first epoch ends early."""
    torch.manual_seed(idist.get_rank())
    network = nn.Sequential(nn.Linear(8, 4), Block(), nn.Linear(4, 1)).double()
    model = spread(network, way, wrap=True)
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=0.1))
    x = torch.randn(40, 8, generator=torch.Generator().manual_seed(7)).double()
    loader = idist.auto_dataloader(TensorDataset(x, x.sum(dim=1, keepdim=True)), batch_size=8)
    trainer = create_supervised_trainer(
        model, optimizer, nn.functional.mse_loss, gradient_accumulation_steps=2, clip_grad_norm=1.0
    )
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=3), lambda engine: engine.terminate_epoch())
    trainer.run(loader, max_epochs=2)
    return [getattr(p, "full_tensor", lambda p=p: p)().flatten().tolist() for p in model.parameters()]


def checkpointed_copies() -> None:
    """A network whose activations are forgotten can be copied and saved, and its gradients are the same."""
    torch.manual_seed(0)
    plain = Block()
    forgetful = copy.deepcopy(plain)
    idist.checkpoint_activations(forgetful, [Block])
    again = copy.deepcopy(forgetful)
    x = torch.randn(3, 4)
    for model in (plain, forgetful, again):
        model(x).sum().backward()
    for one, two, three in zip(plain.parameters(), forgetful.parameters(), again.parameters(), strict=True):
        assert torch.equal(one.grad, two.grad)  # type: ignore[arg-type]
        assert torch.equal(one.grad, three.grad)  # type: ignore[arg-type]
    file = io.BytesIO()
    torch.save(forgetful.state_dict(), file)
    file.seek(0)
    plain.load_state_dict(torch.load(file))


def wrong_class() -> str:
    """What is said of a class that the model has not."""
    try:
        idist.shard_model(nn.Linear(1, 1), wrap=[Block])
    except ValueError as error:
        return str(error)
    return ""
