"""The samples are what the network expects."""

import torch
from project_name.data import DataConfig, load_datasets


def test_samples_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """An image is (1, 32, 32) between 0 and 1; each of its three objects has edges in order and a class below 10."""
    datasets = load_datasets(data_config)
    image, objects = datasets.train[0]
    assert image.shape == (1, 32, 32)
    assert image.dtype == objects.dtype == torch.float32
    assert 0 <= image.min() < image.max() <= 1
    assert objects.shape == (3, 5)
    every = torch.stack([datasets.train[index][1] for index in range(96)])
    assert (every[..., :2] < every[..., 2:4]).all()
    assert every[..., :4].min() >= 0
    assert every[..., :4].max() <= 32
    assert every[..., 4].unique().tolist() == list(range(10))
    assert len(datasets.info["classes"]) == datasets.sizes["num_classes"] == 10
