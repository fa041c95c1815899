"""The rows: scikit-learn's 442 patients with diabetes, and how their disease went on; no download."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sklearn.datasets import load_diabetes
from torch import Tensor

from .cells import Table, read_csv
from .loaders import Datasets, LoaderConfig
from .tables import make_datasets, to_inputs

TARGET = "progression"


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The rows and how they are batched."""

    split_seed: int = 0
    """Seeds the split into training, validation and test rows."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the rows.

    Each is `(row, progression)`: 10 measurements as a float tensor `(10,)`, and a measure of the disease a year later
    in standard deviations of the training rows.
    """
    patients = cast(Any, load_diabetes(scaled=False))
    table: Table = dict(zip(patients.feature_names, patients.data.T.tolist(), strict=True))
    table[TARGET] = patients.target.tolist()
    return make_datasets(table, TARGET, split_seed=config.split_seed, source="The table")


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A CSV's rows as the network takes them, each with its name.

    Raises:
        SystemExit: the file cannot be read, lacks a column, or has text in one of numbers.
    """
    return to_inputs(read_csv(path), path, info)
