"""The images are what the network expects."""

import torch
from project_name.data import DataConfig, load_datasets


def test_each_image_is_in_one_split(data_config: DataConfig) -> None:
    """The three splits together are the 1,797 images, each once."""
    datasets = load_datasets(data_config)
    indices = [*datasets.train.indices, *datasets.val.indices, *datasets.test.indices]  # type: ignore[attr-defined]
    assert sorted(indices) == list(range(1797))


def test_images_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """An image is (1, 8, 8), between 0 and 1, with a class below 10."""
    image, label = load_datasets(data_config).train[0]
    assert image.shape == (1, 8, 8)
    assert image.dtype == torch.float32
    assert 0 <= image.min() < image.max() <= 1
    assert 0 <= label < 10
