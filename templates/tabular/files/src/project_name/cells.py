"""Tables as their files have them: columns of cells, which are text, numbers or missing."""

import csv
import difflib
import math
from collections.abc import Iterable
from pathlib import Path

Cell = str | float | None
Table = dict[str, list[Cell]]  # columns of one length, by name

MISSING = {"", "?", "n/a", "na", "nan", "none", "null"}  # in any case; pandas and R write some of them


def is_missing(cell: Cell) -> bool:
    """Nothing is there; an infinite number says nothing either."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or not math.isfinite(cell)


def to_number(cell: Cell) -> float | None:
    """The cell's number; None if it is missing, or an infinite one.

    Raises:
        ValueError: it is text.
    """
    if cell is None or is_missing(cell):
        return None
    number = float(cell)
    return number if math.isfinite(number) else None


def to_text(cell: Cell) -> str:
    """The cell as a name; a whole number without a decimal point, so that Parquet's and CSV's are the same."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def read_csv(path: Path) -> Table:
    """A CSV or TSV file with names in its first line; whichever of `,`, `;` and tab that line has most separates.

    Raises:
        SystemExit: it cannot be read, is empty, or its rows do not fit its first line.
    """
    try:
        with path.expanduser().open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            rows = [row for row in csv.reader(file, delimiter=max(",;\t", key=first.count)) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as a table: {error}.\nHint:  Give a CSV in UTF-8.") from None
    if len(rows) < 2:
        raise SystemExit(f"Error: '{path}' has no rows below its line of names.\nHint:  The first line names columns.")
    names = [name.strip() for name in rows[0]]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SystemExit(f"Error: '{path}' has two columns '{twice[0]}'.\nHint:  Give each its own name.")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(names):
            raise SystemExit(
                f"Error: Row {number} of '{path}' has {len(row)} cells, where {len(names)} columns have names.\n"
                "Hint:  Put text with separators into quotes."
            )
    return {name: [row[place] for row in rows[1:]] for place, name in enumerate(names)}


def without_column(path: Path, name: str, columns: Iterable[str]) -> str:
    """The message that a table lacks a column, with the nearest name that it has."""
    names = [*columns]
    near = difflib.get_close_matches(name, names, 1, cutoff=0.5)
    told = f"Did you mean '{near[0]}'? " if near else ""
    return f"Error: '{path}' has no column '{name}'.\nHint:  {told}It has {', '.join(names)}."
