"""From a table to samples: pairs of a row, as the network takes it, and its target."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.utils.data import TensorDataset

from .cells import Table, is_missing, without_column
from .columns import count_inputs, encode, learn_columns
from .loaders import Datasets
from .targets import read_targets

FEWEST_ROWS = 20  # of them 3 validate and 3 test


def make_datasets(
    table: Table, target: str, *, split_seed: int, source: str, categorical: Collection[str] = ()
) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the rows that have a target.

    Each is `(row, target)`: a float tensor `(num_numbers + num_categorical,)`, and what `targets.py` makes of the
    target.

    Args:
        table: with a column of targets.
        target: its name.
        split_seed: seeds the split.
        source: where the table is from, for messages.
        categorical: columns whose numbers are names.

    Raises:
        SystemExit: the table is too small, or a column has what it should not.
    """
    known = [row for row, cell in enumerate(table[target]) if not is_missing(cell)]
    if len(known) < FEWEST_ROWS:
        raise SystemExit(
            f"Error: {source} has {len(known)} rows with a target, '{target}'.\n"
            f"Hint:  {FEWEST_ROWS} are needed to train, validate and test."
        )
    table = {name: [cells[row] for row in known] for name, cells in table.items()}
    targets = read_targets(table.pop(target), target, split_seed)
    if not all(targets.splits):
        raise SystemExit(f"Error: {source} has too few rows of each class to train, validate and test.")
    columns = learn_columns(table, targets.splits[0], categorical)
    if not columns:
        raise SystemExit(f"Error: {source} has no column beside '{target}' whose cells differ and repeat.")
    samples = encode(table, columns, source)
    train, val, test = (TensorDataset(samples[rows], targets.values[rows]) for rows in targets.splits)
    return Datasets(
        train=train,
        val=val,
        test=test,
        sizes=count_inputs(columns) | targets.sizes,
        info={"columns": columns, "target": target, **targets.info},
    )


def to_inputs(table: Table, path: Path, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """A table's rows as the network takes them, each with its name; columns that it does not know are passed over.

    Raises:
        SystemExit: a column is not there, or has text where it should have numbers.
    """
    for column in info["columns"]:
        if column["name"] not in table:
            raise SystemExit(without_column(path, column["name"], table))
    rows = encode(table, info["columns"], f"'{path}'")
    return [(f"{path.name} row {number}", row) for number, row in enumerate(rows, start=1)]
