"""Parquet files, by pyarrow, where it is installed."""

import importlib
from pathlib import Path
from typing import Any

from .cells import Cell, Table


def read_parquet(path: Path) -> Table:
    """The columns of a Parquet file; what is neither a number nor missing becomes text.

    Raises:
        SystemExit: pyarrow is not there, or the file is no Parquet file, or has no rows.
    """
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")  # not needed for CSV, and larger than all else
    except ModuleNotFoundError:
        raise SystemExit(f"Error: '{path}' needs pyarrow to be read.\nHint:  pip install pyarrow") from None
    try:
        columns: dict[str, list[Any]] = parquet.read_table(path.expanduser()).to_pydict()
    except (OSError, ValueError) as error:  # pyarrow's own are these
        reason = str(error).partition("\n")[0]
        raise SystemExit(f"Error: '{path}' cannot be read as Parquet: {reason}.\nHint:  Is it whole?") from None
    if not any(columns.values()):
        raise SystemExit(f"Error: '{path}' has no rows.\nHint:  Give a table that has some.")
    return {name: [_to_cell(value) for value in values] for name, values in columns.items()}


def _to_cell(value: Any) -> Cell:
    if value is None or isinstance(value, (str, float)):
        return value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)
