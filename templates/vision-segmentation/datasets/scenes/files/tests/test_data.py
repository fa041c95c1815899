"""The samples are what the network expects."""

import torch
from project_name.data import DataConfig, load_datasets


def test_samples_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """An image is (1, 32, 32) between 0 and 1, its mask (32, 32) of classes below 11, of which each occurs."""
    datasets = load_datasets(data_config)
    image, mask = datasets.train[0]
    assert image.shape == (1, 32, 32)
    assert image.dtype == torch.float32
    assert 0 <= image.min() < image.max() <= 1
    assert mask.shape == (32, 32)
    masks = torch.stack([datasets.train[index][1] for index in range(96)])
    assert masks.unique().tolist() == list(range(11))
    assert len(datasets.info["classes"]) == datasets.sizes["num_classes"] == 11
