"""Training sees other images each epoch, the same ones again when it should; validation never does."""

from typing import Any

import pytest
import torch
from project_name.augmented import Augmented
from project_name.config import parse_config
from project_name.data import load_datasets
from project_name.loaders import make_loaders
from torch import Tensor
from torch.utils.data import TensorDataset

SAMPLES = TensorDataset(torch.rand(4, 1, 32, 32), torch.arange(4))


def images_of(flags: list[str], split: str, epoch: int) -> Tensor:
    """What a loader gives in an epoch."""
    config = parse_config(["--seed", "3", "--data.batch-size", "8", *flags])
    datasets = load_datasets(config.data)
    loader: Any = make_loaders(datasets, config.data, config.seed, fast_dev_run=False, overfit_batches=2)[split]
    loader.batch_sampler.set_epoch(epoch)
    return torch.cat([images for images, _ in loader])


@pytest.mark.parametrize("augmentation", ["light", "strong"])
def test_images_change_and_targets_stay(augmentation: Any) -> None:
    """Each time anew, within [0, 1]."""
    samples = Augmented(SAMPLES, augmentation)
    (image, target), (again, _) = samples[2], samples[2]
    assert (len(samples), int(target)) == (4, 2)
    assert image.shape == (1, 32, 32)
    assert 0 <= image.min() <= image.max() <= 1
    assert not torch.equal(image, again)
    assert torch.equal(Augmented(SAMPLES, "none")[2][0], SAMPLES[2][0])


@pytest.mark.parametrize("augmentation", ["light", "strong"])
def test_an_epoch_is_the_same_again_and_the_next_another(data_flags: list[str], augmentation: str) -> None:
    """By seed and epoch, with workers and without; what evaluates is not changed."""
    flags = [*data_flags, "--data.augmentation", augmentation]
    first = images_of(flags, "train", 0)
    assert torch.equal(first, images_of(flags, "train", 0))
    assert torch.equal(first, images_of([*flags, "--data.num-workers", "1"], "train", 0))
    plain = [*data_flags, "--data.augmentation", "none"]
    assert not torch.equal(first, images_of(plain, "train", 0))
    assert sorted(images_of(plain, "train", 0).sum((1, 2, 3)).tolist()) == pytest.approx(
        sorted(images_of(plain, "train", 1).sum((1, 2, 3)).tolist())
    )
    assert not torch.equal(first.sum((1, 2, 3)).sort()[0], images_of(flags, "train", 1).sum((1, 2, 3)).sort()[0])
    assert torch.equal(images_of(flags, "val", 0), images_of(plain, "val", 1))
