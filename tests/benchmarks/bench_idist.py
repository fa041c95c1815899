"""What `idist` costs: its getters beside PyTorch-Ignite's, a training step beside the same written by hand.

The step is that of a small convolutional network on 8x8 images, in one process and in two that gloo connects;
by hand means `DistributedDataParallel`, `DistributedSampler` and `DataLoader`. Both take turns in the same
processes, and the median of the turns' ratios counts: of the time that passed, and of the
processor's, which other programs on the machine disturb less. `--json` prints the figures for programs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import timeit
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

from scaffold_runtime import distributed as idist

BATCH_SIZE, SAMPLES, TURNS = 64, 1280, 31
Costs = tuple[float, float]


def nanoseconds(call: Callable[[], Any]) -> float:
    """One call, at best."""
    return min(timeit.repeat(call, number=50_000, repeat=7)) / 50_000 * 1e9


def network() -> nn.Module:
    """Two convolutions and a classifier."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3, padding=1, stride=2), nn.BatchNorm2d(64), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(64 * 16, 10)),
    )


def train(model: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterable[Any]) -> Costs:
    """An epoch; returns microseconds per step, on the clock and of the processor."""
    start, cpu_start, steps = time.perf_counter(), time.process_time(), 0
    for x, y in batches:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        steps += 1
    return (time.perf_counter() - start) / steps * 1e6, (time.process_time() - cpu_start) / steps * 1e6


def by_hand(samples: TensorDataset) -> Callable[[int], Costs]:
    """The loop as torch's tutorials have it."""
    world_size, model, sampler = idist.get_world_size(), network(), None
    if world_size > 1:
        model, sampler = DistributedDataParallel(model), DistributedSampler(samples, shuffle=True)
    loader = DataLoader(samples, batch_size=BATCH_SIZE // world_size, sampler=sampler, shuffle=sampler is None)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def epoch(number: int) -> Costs:
        if sampler is not None:
            sampler.set_epoch(number)
        return train(model, optimizer, loader)

    return epoch


def with_idist(samples: TensorDataset) -> Callable[[int], Costs]:
    """The loop with what `idist` makes."""
    model = idist.auto_model(network())
    optimizer = idist.auto_optim(torch.optim.SGD(model.parameters(), lr=0.01))
    loader = idist.auto_dataloader(samples, batch_size=BATCH_SIZE, shuffle=True)

    def epoch(number: int) -> Costs:
        loader.batch_sampler.set_epoch(number)
        return train(model, optimizer, loader)

    return epoch


def measure(local_rank: int, file: Path) -> None:
    """Takes turns, and writes what rank 0 measured."""
    torch.set_num_threads(1)
    samples = TensorDataset(torch.randn(SAMPLES, 1, 8, 8), torch.randint(10, (SAMPLES,)))
    hand, ours = by_hand(samples), with_idist(samples)
    turns = [(hand(n), ours(n)) if n % 2 else (ours(n), hand(n))[::-1] for n in range(TURNS)][1:]
    question = statistics.median(_question() for _ in range(5))
    figures = {
        "hand": statistics.median(hand for (hand, _), _ in turns),
        "idist": statistics.median(ours for _, (ours, _) in turns),
        "ratio": statistics.median(ours / hand for (hand, _), (ours, _) in turns),
        "cpu ratio": statistics.median(ours / hand for (_, hand), (_, ours) in turns),
        "agreement": question,
    }
    if idist.get_rank() == 0:
        file.write_text(json.dumps(figures))


def _question(iterations: int = 200) -> float:
    """Microseconds per iteration spent on agreeing whether to stop, every tenth of steps that take a millisecond."""
    agreement, spent = idist.Agreement(every=10), 0.0
    idist.barrier()
    for iteration in range(1, iterations + 1):
        time.sleep(0.001)
        start = time.perf_counter()
        agreement.reached(iteration, False)
        spent += time.perf_counter() - start
    agreement.settle()
    return spent / iterations * 1e6


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = parser.parse_args().json
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
        import ignite.distributed as theirs
    figures: dict[str, Any] = {
        "get_rank": {"idist": nanoseconds(idist.get_rank), "ignite": nanoseconds(theirs.get_rank)}
    }
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        for nproc in (1, 2):
            file = Path(folder) / f"{nproc}.json"
            idist.spawn("gloo", measure, (file,), nproc_per_node=nproc)
            figures[f"step, {nproc} process{'es' * (nproc > 1)}"] = json.loads(file.read_text())
    if as_json:
        print(json.dumps(figures))
        return
    getters = figures.pop("get_rank")
    print(f"get_rank: {getters['idist']:.0f} ns; Ignite {getters['ignite']:.0f} ns")
    for name, row in figures.items():
        print(
            f"{name}: by hand {row['hand']:.0f} us, idist {row['idist']:.0f} us, "
            f"ratio {row['ratio']:.3f} (processor {row['cpu ratio']:.3f}); agreeing to stop {row['agreement']:.1f} us"
        )


if __name__ == "__main__":
    main()
