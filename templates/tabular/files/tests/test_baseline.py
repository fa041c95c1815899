"""The linear model sees what the network sees."""

import torch
from project_name.baseline import linear_score, to_features
from project_name.data import DataConfig, load_datasets
from torch.utils.data import TensorDataset


def test_categories_are_ones_and_zeros() -> None:
    """A one for each of a row's categories, behind its numbers."""
    samples = TensorDataset(torch.tensor([[0.5, 1.0, 3.0], [2.0, 0.0, 4.0]]), torch.tensor([0, 1]))
    rows, _ = to_features(samples, {"num_numbers": 1, "num_categories": 5})
    assert rows.tolist() == [[0.5, 0, 1, 0, 1, 0], [2, 1, 0, 0, 0, 1]]


def test_it_learns(data_config: DataConfig) -> None:
    """More than always answering the mean, or one class, would."""
    assert 0.4 < linear_score(load_datasets(data_config)) <= 1
