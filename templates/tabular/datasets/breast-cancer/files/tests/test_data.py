"""The rows are what the network expects."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs
from sklearn.datasets import load_breast_cancer


def test_the_rows_are_shared_out(data_config: DataConfig) -> None:
    """The three splits together are the 569 rows, and have as many malignant ones as they should."""
    datasets = load_datasets(data_config)
    labels = [torch.stack([label for _, label in split]) for split in (datasets.train, datasets.val, datasets.test)]
    assert [len(part) for part in labels] == [398, 85, 86]
    assert [float(part.float().mean()) for part in labels] == pytest.approx([0.373] * 3, abs=0.006)
    assert datasets.info["classes"] == ["benign", "malignant"]


def test_training_rows_are_around_zero(data_config: DataConfig) -> None:
    """A row is (30,) float; over the training rows each column has mean 0 and deviation 1."""
    rows = torch.stack([row for row, _ in load_datasets(data_config).train])
    assert rows.shape == (398, 30)
    torch.testing.assert_close(rows.mean(dim=0), torch.zeros(30), atol=0.05, rtol=0)  # far ones are cut at 10
    torch.testing.assert_close(rows.std(dim=0), torch.ones(30), atol=0.05, rtol=0)


def test_rows_of_a_file_are_treated_alike(data_config: DataConfig, tmp_path: Path) -> None:
    """A CSV of scikit-learn's own numbers gives the rows that training had."""
    tumours: Any = load_breast_cancer()
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([tumours.feature_names, *tumours.data[:9].tolist()])
    datasets = load_datasets(data_config)
    inputs = read_inputs(tmp_path / "x.csv", data_config, datasets.info)
    assert inputs[8][0] == "x.csv row 9"
    known = [row for split in (datasets.train, datasets.val, datasets.test) for row, _ in split]
    assert all(any(torch.equal(row, each) for each in known) for _, row in inputs)
