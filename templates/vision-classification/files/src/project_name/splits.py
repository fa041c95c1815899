"""Training, validation and test samples, and the loaders over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Subset

from scaffold_runtime import distributed as idist

from .config import Config

Samples = Dataset[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Datasets:
    """Samples `(image, label)` by their use."""

    train: Samples
    val: Samples
    test: Samples
    channels: int
    num_classes: int


@dataclass(frozen=True)
class Loaders:
    """Batches by the use of their samples; each process gets its own share."""

    train: DataLoader[Any]
    val: DataLoader[Any]
    test: DataLoader[Any]


def make_loaders(datasets: Datasets, config: Config) -> Loaders:
    """Loaders over the samples that this run is to see."""
    datasets = _limit(datasets, config)
    data = config.data

    def loader(samples: Samples, batch_size: int, *, evaluate: bool) -> DataLoader[Any]:
        return idist.auto_dataloader(
            samples,
            batch_size=batch_size,
            num_workers=data.num_workers,
            shuffle=not evaluate,
            evaluate=evaluate,
            seed=config.seed,
        )

    return Loaders(
        train=loader(datasets.train, data.batch_size, evaluate=False),
        val=loader(datasets.val, data.eval_batch_size, evaluate=True),
        test=loader(datasets.test, data.eval_batch_size, evaluate=True),
    )


def _limit(datasets: Datasets, config: Config) -> Datasets:
    """All samples, unless the run is a trial."""
    if config.fast_dev_run:
        size = config.data.batch_size
        return replace(
            datasets,
            train=_first(datasets.train, size),
            val=_first(datasets.val, size),
            test=_first(datasets.test, size),
        )
    if config.overfit_batches is not None:
        few = _first(datasets.train, config.overfit_batches * config.data.batch_size)
        return replace(datasets, train=few, val=few, test=few)
    return datasets


def _first(samples: Samples, count: int) -> Samples:
    return Subset(samples, torch.arange(min(count, len(samples))).tolist())  # type: ignore[arg-type]
