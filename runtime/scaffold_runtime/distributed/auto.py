"""A model, an optimizer and a loader made ready for however many processes there are, on whatever backend."""

from typing import Any, TypeVar, cast

from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset
from torch.utils.data.distributed import DistributedSampler

from ..exceptions import LaunchError
from . import context, datasets
from .comp_models.base import OptimizerT
from .datasets import SeededSamples
from .sampler import ShardedBatchSampler
from .signals import SteadyWorker, held_back

T_co = TypeVar("T_co", covariant=True)


def auto_model(model: nn.Module, sync_bn: bool = False, **kwargs: Any) -> nn.Module:
    """The model on this process's device; of several processes each has a copy, and all begin as rank 0 does.

    Under torch.distributed `DistributedDataParallel` averages the gradients; under other backends `auto_optim` does.
    `shard_model` is for models of which one process cannot hold a copy.

    Args:
        model: the network.
        sync_bn: batch norm over all processes (torch.distributed on GPUs only).
        **kwargs: of `DistributedDataParallel`, such as `static_graph`; without effect elsewhere.
    """
    processes = context.current()
    return processes.replicate(model.to(processes.device), sync_bn=sync_bn, **kwargs)


def auto_optim(optimizer: OptimizerT, **kwargs: Any) -> OptimizerT:
    """The optimizer, where the model does not average the gradients over the processes itself: then it is done here.

    That is at the end of each backward pass, as under DDP: gradients that are clipped are those of all processes.

    Args:
        optimizer: of the parameters of `auto_model`'s model.
        **kwargs: of the backend's own optimizer, which takes the place of the one given; without effect if it has none.
    """
    return context.current().wrap_optimizer(optimizer, **kwargs)


def auto_dataloader(
    dataset: Dataset[T_co],
    *,
    evaluate: bool = False,
    seed: int = 0,
    per_process: bool = False,
    split: bool = True,
    **kwargs: Any,
) -> DataLoader[T_co]:
    """A loader of this process's share of the dataset, whose position an engine can save and restore.

    The global batches, and what random augmentation makes of each sample, do not depend on the number of
    processes or workers.

    Args:
        dataset: with a length, or iterable. One with a length is wrapped so that each sample has its own random
            numbers (`loader.dataset.dataset` is yours), unless it is made of tensors, which have no use for them.
        evaluate: keep the order and never repeat or drop a sample; processes may have unequal or no shares.
        seed: of the permutations and of each sample's random numbers.
        per_process: `batch_size` counts the samples of one process, not of all together.
        split: False if an iterable dataset, or the sampler given, shares itself out among the processes; an iterable
            one then does so among its workers too, by `get_worker_info`.
        **kwargs: of `DataLoader`; `num_workers` counts the workers of a machine. A `sampler` decides the order, for
            all processes together; a `batch_sampler` is taken as it is.

    Raises:
        LaunchError: a batch has fewer samples than there are processes, or nothing here shares a stream out.
    """
    processes = context.current()
    sampler = kwargs.get("sampler")
    if per_process and "batch_sampler" not in kwargs:
        kwargs["batch_size"] = kwargs.get("batch_size", 1) * processes.world_size
    if kwargs.get("num_workers"):
        kwargs["num_workers"] = -(-kwargs["num_workers"] // processes.nproc_per_node)
        kwargs["worker_init_fn"] = SteadyWorker(kwargs.get("worker_init_fn"))
    if processes.device.type == "cuda":
        kwargs.setdefault("pin_memory", True)
    if isinstance(dataset, IterableDataset) and split:
        place = {"rank": processes.rank, "world_size": processes.world_size}
        if datasets.stream_class is not None:
            dataset = datasets.stream_class(dataset, **place, seed=seed, complete=evaluate)
        elif processes.world_size > 1 or kwargs.get("num_workers"):
            raise LaunchError(
                "This dataset is a stream, and this project lacks what shares one out (`distributed/streams.py`).",
                "Give `split=False` if it shares itself out, or use one process without workers.",
            )
    is_shared_out = isinstance(sampler, DistributedSampler) or (sampler is not None and not split)
    if isinstance(dataset, IterableDataset) or is_shared_out:
        if kwargs.get("batch_size") is not None:  # of all processes; this is one's part
            kwargs["batch_size"] = max(1, kwargs["batch_size"] // processes.world_size)
    elif "batch_sampler" not in kwargs:
        kwargs["batch_sampler"] = _sharded(dataset, evaluate, seed, kwargs)
        dataset = dataset if _is_made_of_tensors(dataset) else SeededSamples(dataset, seed=seed)
    return processes.wrap_loader((SteadyLoader if kwargs.get("num_workers") else DataLoader)(dataset, **kwargs))


class SteadyLoader(DataLoader[T_co]):
    """A loader whose workers no signal ends but SIGKILL, by which this process ends them itself."""

    def __iter__(self) -> Any:
        """One pass."""
        start = cast("Any", self).multiprocessing_context
        with held_back(start and start.get_start_method()):  # they come up deaf, and then listen as `SteadyWorker`
            batches: Any = super().__iter__()
            for worker in getattr(batches, "_workers", ()):  # before a signal ends this process, which waits for them
                worker._popen.terminate = worker._popen.kill  # which torch calls where one hangs, and Python at its end
        return batches


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
