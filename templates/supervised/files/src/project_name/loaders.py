"""Who reads which samples when: batches, each process's share of them, the few samples of a trial run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta
from torch.utils.data import DataLoader, Dataset, Subset

from scaffold_runtime import distributed as idist

Samples = Dataset[Any]  # pairs of tensors: (input, target)


@dataclass(frozen=True)
class LoaderConfig:
    """How samples are batched."""

    batch_size: Annotated[int, Meta(ge=1)] = 64
    """Samples per batch, over all processes: their number does not change what is learned."""
    eval_batch_size: Annotated[int, Meta(ge=1)] = 256
    """Samples per evaluation batch, over all processes."""
    num_workers: Annotated[int, Meta(ge=0)] = 0
    """Loader processes per machine; 0 loads in the training process."""


@dataclass(frozen=True)
class Datasets:
    """Samples `(input, target)` by their use, and the sizes that the network has to know."""

    train: Samples
    val: Samples
    test: Samples
    sizes: Mapping[str, int]


def make_loaders(
    datasets: Datasets, config: LoaderConfig, seed: int, fast_dev_run: bool, overfit_batches: int | None
) -> dict[str, DataLoader[Any]]:
    """Each process's share of the batches, by split; few of them if the run is a trial."""
    splits = {"train": datasets.train, "val": datasets.val, "test": datasets.test}
    if overfit_batches is not None and not fast_dev_run:
        splits = dict.fromkeys(splits, datasets.train)  # the same samples everywhere: the loss should come near zero
    num_batches = 1 if fast_dev_run else overfit_batches
    loaders: dict[str, DataLoader[Any]] = {}
    for split, samples in splits.items():
        evaluate = split != "train"
        if num_batches is not None:
            length = len(samples)  # pyright: ignore[reportArgumentType]  # those of this project have one
            samples = Subset(samples, range(min(num_batches * config.batch_size, length)))
        loaders[split] = idist.auto_dataloader(
            samples,
            batch_size=config.eval_batch_size if evaluate else config.batch_size,  # larger: no gradients to keep
            num_workers=config.num_workers,
            shuffle=not evaluate,
            evaluate=evaluate,  # each sample once: processes may get a batch more than others, or none
            seed=seed,
        )
    return loaders
