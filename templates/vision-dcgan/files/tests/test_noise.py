"""Noise is fresh in training, and the same where images are compared."""

import torch
from project_name.data import DataConfig, load_datasets
from project_name.loaders import make_loader


def test_training_noise_never_comes_twice(data_config: DataConfig) -> None:
    """In two epochs each sample has noise of its own; a loader of the same seed gives the same."""
    datasets = load_datasets(data_config)
    epochs = [torch.cat([noise for noise, _ in make_loader(datasets.train, data_config, seed, evaluate=False)])
              for seed in (1, 2, 1)]  # fmt: skip
    both = torch.cat(epochs[:2])
    assert len(both.unique(dim=0)) == len(both)
    assert torch.equal(epochs[0], epochs[2])


def test_validation_noise_stays(data_config: DataConfig) -> None:
    """Whoever loads the data; that of the test is another."""
    one, other = load_datasets(data_config), load_datasets(data_config)
    assert torch.equal(one.val[3][0], other.val[3][0])
    assert not torch.equal(one.val[3][0], one.test[3][0])
