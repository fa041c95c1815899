"""The images are what the networks expect."""

import torch
from project_name.data import DataConfig, load_datasets
from sklearn.datasets import load_digits


def test_each_image_is_in_one_split(data_config: DataConfig) -> None:
    """The three splits together are the 1,797 images, each once."""
    datasets = load_datasets(data_config)
    images = [image for split in (datasets.train, datasets.val, datasets.test) for _, image in split]
    expected = torch.from_numpy(load_digits(return_X_y=True)[0]).view(-1, 64).float() / 8 - 1
    assert sorted(image.flatten().tolist() for image in images) == sorted(expected.tolist())


def test_images_have_the_documented_shape_and_range(data_config: DataConfig) -> None:
    """An image is (1, 8, 8), from -1 to 1, as the generator's are."""
    noise, image = load_datasets(data_config).train[0]
    assert noise.shape == (64,)
    assert image.shape == (1, 8, 8)
    assert -1 == image.min() < image.max() <= 1
