"""A loader of this process's share of a dataset."""

from __future__ import annotations

from typing import Any, TypeVar

from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset
from torch.utils.data.distributed import DistributedSampler

from . import context
from .comp_models import xla
from .sampler import ShardedBatchSampler
from .seeded_samples import SeededSamples
from .split_stream import SplitStream
from .xla_loader import XlaLoader

T_co = TypeVar("T_co", covariant=True)


def auto_dataloader(
    dataset: Dataset[T_co],
    *,
    evaluate: bool = False,
    seed: int = 0,
    per_process: bool = False,
    split: bool = True,
    **kwargs: Any,
) -> DataLoader[T_co] | XlaLoader:
    """A loader of this process's share of the dataset, whose position an engine can save and restore.

    The global batches, and what random augmentation makes of each sample, do not depend on the number of
    processes or workers.

    Args:
        dataset: with a length, or iterable. One with a length is wrapped so that each sample has its own random
            numbers (`loader.dataset.dataset` is yours), unless it is made of tensors, which have no use for them.
        evaluate: keep the order and never repeat or drop a sample; processes may have unequal or no shares.
        seed: of the permutations and of each sample's random numbers.
        per_process: `batch_size` counts the samples of one process, not of all together.
        split: False if an iterable dataset, or the sampler given, shares itself out among the processes.
        **kwargs: of `DataLoader`; `num_workers` counts the workers of a machine. A `sampler` decides the order, for
            all processes together; a `batch_sampler` is taken as it is.

    Raises:
        ValueError: a batch has fewer samples than there are processes.
    """
    world_size = context.current().world_size
    sampler = kwargs.get("sampler")
    if per_process and "batch_sampler" not in kwargs:
        kwargs["batch_size"] = kwargs.get("batch_size", 1) * world_size
    if "num_workers" in kwargs:
        kwargs["num_workers"] = -(-kwargs["num_workers"] // context.get_nproc_per_node())
    if context.device().type == "cuda":
        kwargs.setdefault("pin_memory", True)
    if isinstance(dataset, IterableDataset):
        own = _split_stream(dataset, evaluate) if split else dataset
        loader = DataLoader(own, **_with_local_batch(kwargs))
    elif "batch_sampler" in kwargs:
        loader = DataLoader(dataset, **kwargs)
    elif isinstance(sampler, DistributedSampler) or (sampler is not None and not split):
        loader = DataLoader(dataset, **_with_local_batch(kwargs))
    else:
        kwargs["batch_sampler"] = _sharded(dataset, evaluate, seed, kwargs)
        loader = DataLoader(dataset if _is_made_of_tensors(dataset) else SeededSamples(dataset, seed=seed), **kwargs)
    return XlaLoader(loader) if context.backend() == xla.BACKEND else loader


def _split_stream(dataset: IterableDataset[T_co], evaluate: bool) -> IterableDataset[T_co]:
    return SplitStream(dataset, rank=context.get_rank(), world_size=context.get_world_size(), complete=evaluate)


def _with_local_batch(kwargs: dict[str, Any]) -> dict[str, Any]:
    """`batch_size` is the samples of all processes; this is one process's part."""
    if kwargs.get("batch_size") is None:
        return kwargs
    return {**kwargs, "batch_size": max(1, kwargs["batch_size"] // context.get_world_size())}


def _sharded(dataset: Dataset[Any], evaluate: bool, seed: int, kwargs: dict[str, Any]) -> ShardedBatchSampler:
    """Takes what it decides out of the loader's arguments."""
    order: Any = kwargs.pop("sampler", None)
    return ShardedBatchSampler(
        len(order if order is not None else dataset),  # pyright: ignore[reportArgumentType]  # it has one
        kwargs.pop("batch_size", context.get_world_size()),
        shuffle=kwargs.pop("shuffle", False) and not evaluate,
        drop_last=kwargs.pop("drop_last", False) and not evaluate,
        evaluate=evaluate,
        seed=seed,
        rank=context.get_rank(),
        world_size=context.get_world_size(),
        order=order,
    )


def _is_made_of_tensors(dataset: Dataset[Any]) -> bool:
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    return isinstance(dataset, TensorDataset)
