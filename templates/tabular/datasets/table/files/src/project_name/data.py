"""The rows: a table of your own, a CSV, TSV or Parquet file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from .cells import read_csv, without_column
from .loaders import Datasets, LoaderConfig
from .parquet import read_parquet
from .tables import make_datasets, to_inputs


@dataclass(frozen=True)
class DataConfig(LoaderConfig):
    """The rows and how they are batched."""

    path: Path = Path("data.csv")
    """A CSV or TSV file with names in its first line, or a Parquet file."""
    target: str = "target"
    """The column to predict."""
    categorical: tuple[str, ...] = ()
    """Columns of numbers that are names, such as postal codes; columns of text are categories anyway."""
    split_seed: int = 0
    """Seeds the split into training, validation and test rows."""


READERS = {".parquet": read_parquet, ".pq": read_parquet}
"""By the file's ending; others are CSV."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the rows that have a target.

    Each is `(row, target)`: a float tensor `(num_numbers + num_categorical,)`, and what `targets.py` makes of the
    target.

    Raises:
        SystemExit: the file cannot be read, or has no such columns, or its target cannot be learned.
    """
    table = READERS.get(config.path.suffix, read_csv)(config.path)
    for name in (config.target, *config.categorical):
        if name not in table:
            raise SystemExit(without_column(config.path, name, table))
    return make_datasets(
        table,
        config.target,
        split_seed=config.split_seed,
        source=f"'{config.path}'",
        categorical=config.categorical,
    )


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A table's rows as the network takes them, each with its name.

    Raises:
        SystemExit: the file cannot be read, lacks a column, or has text in one of numbers.
    """
    return to_inputs(READERS.get(path.suffix, read_csv)(path), path, info)
