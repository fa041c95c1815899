"""Makes a model, an optimizer and a loader fit for however many processes there are."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, IterableDataset

from . import context
from .comp_models import xla
from .sampler import ShardedBatchSampler

OptimizerT = TypeVar("OptimizerT", bound=Optimizer)


def auto_model(model: nn.Module, sync_bn: bool = False, **kwargs: Any) -> nn.Module:
    """The model on this process's device, wrapped in DDP if there are several processes.

    Args:
        model: the network.
        sync_bn: batch norm over all processes (GPUs only).
        **kwargs: of `DistributedDataParallel`.
    """
    device = context.device()
    model = model.to(device)
    if context.get_world_size() == 1 or context.backend() == xla.BACKEND:
        return model
    if sync_bn and device.type == "cuda":
        model = cast(nn.Module, nn.SyncBatchNorm.convert_sync_batchnorm(model))
    return DistributedDataParallel(model, device_ids=[device] if device.type == "cuda" else None, **kwargs)


def auto_optim(optimizer: OptimizerT) -> OptimizerT:
    """The optimizer; on several XLA processes it averages the gradients before it steps (DDP does it elsewhere)."""
    if context.backend() == xla.BACKEND and context.get_world_size() > 1:
        reduce_gradients = xla.torch_xla(".core.xla_model").reduce_gradients
        optimizer.register_step_pre_hook(lambda stepping, args, kwargs: reduce_gradients(stepping))
    return optimizer


def auto_dataloader(
    dataset: Dataset[Any], *, evaluate: bool = False, seed: int = 0, **kwargs: Any
) -> DataLoader[Any] | xla.XlaLoader:
    """A loader of this process's share of the dataset, whose position an engine can save and restore.

    Args:
        dataset: with a length, or iterable (then it is its own business to share itself out).
        evaluate: keep the order and never repeat a sample; processes may have unequal or no shares.
        seed: of the permutations.
        **kwargs: of `DataLoader`; `batch_size` counts the samples of all processes, `num_workers` the
            workers of a machine. With a `sampler` or `batch_sampler` of your own, sharing is yours too.
    """
    world_size = context.get_world_size()
    if "num_workers" in kwargs:
        kwargs["num_workers"] = -(-kwargs["num_workers"] // context.get_nproc_per_node())
    if context.device().type == "cuda":
        kwargs.setdefault("pin_memory", True)
    if isinstance(dataset, IterableDataset) or "sampler" in kwargs or "batch_sampler" in kwargs:
        if "batch_size" in kwargs:
            kwargs["batch_size"] = max(1, kwargs["batch_size"] // world_size)
    else:
        kwargs["batch_sampler"] = ShardedBatchSampler(
            len(dataset),  # pyright: ignore[reportArgumentType]  # map-style datasets have one
            kwargs.pop("batch_size", world_size),
            shuffle=kwargs.pop("shuffle", False) and not evaluate,
            drop_last=kwargs.pop("drop_last", False) and not evaluate,
            evaluate=evaluate,
            seed=seed,
            rank=context.get_rank(),
            world_size=world_size,
        )
    loader: DataLoader[Any] = DataLoader(dataset, **kwargs)
    return xla.XlaLoader(loader, context.device()) if context.backend() == xla.BACKEND else loader
