"""The rows are what the network expects."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch
from project_name.data import DataConfig, load_datasets, read_inputs
from sklearn.datasets import load_diabetes


def test_the_rows_are_shared_out(data_config: DataConfig) -> None:
    """The three splits together are the 442 rows; a target is in deviations of the training rows."""
    datasets = load_datasets(data_config)
    targets = [torch.stack([target for _, target in split]) for split in (datasets.train, datasets.val, datasets.test)]
    assert [len(part) for part in targets] == [309, 67, 66]
    assert float(targets[0].mean()) == pytest.approx(0, abs=1e-5)
    assert float(targets[0].std(correction=0)) == pytest.approx(1, abs=1e-5)
    numbers = torch.cat(targets).double() * datasets.info["std"] + datasets.info["mean"]
    expected = torch.from_numpy(load_diabetes(return_X_y=True)[1])
    torch.testing.assert_close(numbers.sort().values, expected.sort().values, rtol=1e-5, atol=1e-4)


def test_rows_of_a_file_are_treated_alike(data_config: DataConfig, tmp_path: Path) -> None:
    """A CSV of scikit-learn's own numbers gives the rows that training had."""
    patients: Any = load_diabetes(scaled=False)
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([patients.feature_names, *patients.data[:9].tolist()])
    datasets = load_datasets(data_config)
    inputs = read_inputs(tmp_path / "x.csv", data_config, datasets.info)
    assert inputs[0][1].shape == (10,)
    known = [row for split in (datasets.train, datasets.val, datasets.test) for row, _ in split]
    assert all(any(torch.equal(row, each) for each in known) for _, row in inputs)
