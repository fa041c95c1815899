"""The samples are what the network expects."""

import pickle
from pathlib import Path

from project_name.data import DataConfig, load_datasets, read_inputs


def test_a_tenth_of_the_training_photographs_validates(data_config: DataConfig) -> None:
    """Of 40 photographs 4 validate; the test photographs are those of the test's list."""
    datasets = load_datasets(data_config)
    lengths = [len(samples) for samples in (datasets.train, datasets.val, datasets.test)]  # type: ignore[arg-type]
    assert lengths == [36, 4, 8]


def test_samples_have_the_documented_shape(data_config: DataConfig) -> None:
    """An image is (3, size, size); in its mask the animal is 1, the ground 0, and the outline does not count."""
    image, mask = load_datasets(data_config).val[0]
    assert image.shape == (3, 32, 32)
    assert set(mask.unique().tolist()) == {0, 1, 255}
    assert image[:, mask == 1].mean() > 0.6 > 0.3 > image[:, mask == 0].mean()


def test_a_file_is_read_as_the_samples_are(data_config: DataConfig, root: Path) -> None:
    """A photograph of the test, read as a file, is the test's sample."""
    datasets = load_datasets(data_config)
    file = next((root / "oxford-iiit-pet/images").glob("*_test_0.jpg"))
    assert read_inputs(file, data_config, datasets.info)[0][1].equal(datasets.test[0][0])


def test_samples_can_go_to_other_processes(data_config: DataConfig) -> None:
    """Loaders send them to their own, which on some systems start from nothing."""
    val = load_datasets(data_config).val
    assert pickle.loads(pickle.dumps(val))[0][1].equal(val[0][1])
