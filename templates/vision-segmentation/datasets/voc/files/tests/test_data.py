"""The samples are what the network expects."""

import pickle
from pathlib import Path

from project_name.data import DataConfig, load_datasets, read_inputs


def test_its_validation_set_is_halved(data_config: DataConfig) -> None:
    """Of 16 photographs of the validation set 8 validate and 8 test, and none does both."""
    datasets = load_datasets(data_config)
    lengths = [len(samples) for samples in (datasets.train, datasets.val, datasets.test)]  # type: ignore[arg-type]
    assert lengths == [32, 8, 8]
    images = [samples[index][0].numpy().tobytes() for samples in (datasets.val, datasets.test) for index in range(8)]
    assert len(set(images)) == 16


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """An image is (3, size, size); its mask has numbers, not the palette's colours, and outlines do not count."""
    datasets = load_datasets(data_config)
    image, mask = datasets.test[0]
    assert image.shape == (3, 32, 32)
    assert set(mask.unique().tolist()) == {0, 2, 255}
    assert datasets.sizes["num_classes"] == 21 == len(datasets.info["classes"])


def test_a_file_is_read_as_the_samples_are(data_config: DataConfig, root: Path) -> None:
    """A photograph of the test, read as a file, is the test's sample."""
    datasets = load_datasets(data_config)
    file = root / "VOCdevkit/VOC2012/JPEGImages/val_1.jpg"
    assert read_inputs(file, data_config, datasets.info)[0][1].equal(datasets.test[0][0])


def test_samples_can_go_to_other_processes(data_config: DataConfig) -> None:
    """Loaders send them to their own, which on some systems start from nothing."""
    val = load_datasets(data_config).val
    assert pickle.loads(pickle.dumps(val))[0][1].equal(val[0][1])
