"""What a table's columns become: numbers around zero, marks of what is missing, and rows of an embedding table.

All that is learned of a column - mean, spread, which categories there are - is learned from the training rows only,
and kept as plain data, so that predictions treat later rows in the same way.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .cells import Cell, Table, is_missing, to_number, to_text

FEW = 2  # a category that fewer training rows have is taken for an unknown one: that is how the network learns those
MOSTLY_NUMBERS = 0.9  # a column with more numbers than that has mistakes among them, rather than categories
FARTHEST = 10.0  # standard deviations from the mean: beyond it a slip of the pen would outweigh all other columns


def learn_columns(table: Table, rows: Sequence[int], categorical: Collection[str]) -> list[dict[str, Any]]:
    """What the training rows say of each column, as JSON can have it; columns that say nothing are left out.

    Args:
        table: without its target.
        rows: the training rows.
        categorical: columns whose numbers are names.

    Raises:
        SystemExit: a column is numbers but for a few cells.
    """
    columns: list[dict[str, Any]] = []
    num_categories = 0
    for name, cells in table.items():
        present = [cells[row] for row in rows if not is_missing(cells[row])]
        has_missing = len(present) < len(rows)
        column: dict[str, Any]
        if name not in categorical and _is_numeric(name, present):
            column = _learn_numbers(present) | {"has_missing": has_missing}
        else:
            column = _learn_categories(present, has_missing) | {"first_row": num_categories}
            num_categories += len(column["categories"]) + 1 if column["kind"] == "category" else 0
        if column["kind"] != "nothing":
            columns.append({"name": name, **column})
    return columns


def count_inputs(columns: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The sizes that a network for these columns has to know."""
    numbers = [column for column in columns if column["kind"] == "number"]
    categories = [column for column in columns if column["kind"] == "category"]
    last = categories[-1] if categories else {"first_row": -1, "categories": ()}
    return {
        "num_numbers": len(numbers) + sum(column["has_missing"] for column in numbers),
        "num_categorical": len(categories),
        "num_categories": last["first_row"] + len(last["categories"]) + 1,
    }


def encode(table: Table, columns: Sequence[Mapping[str, Any]], source: str) -> Tensor:
    """Rows as the network takes them, `(N, num_numbers + num_categorical)`: numbers, marks, rows of the embeddings.

    Raises:
        SystemExit: a cell of a numeric column is text; `source` says where.
    """
    numbers, marks, categories = list[Tensor](), list[Tensor](), list[Tensor]()
    for column in columns:
        cells = table[column["name"]]
        if column["kind"] == "number":
            values = _numbers(cells, column["name"], source)
            missing = values.isnan()
            scaled = (values - column["mean"]) / column["std"]
            numbers.append(torch.where(missing, 0.0, scaled).clamp(-FARTHEST, FARTHEST))  # 0 is the mean
            if column["has_missing"]:
                marks.append(missing)
        else:
            categories.append(torch.tensor(_places(cells, column)))
    num_rows = len(next(iter(table.values())))
    # Whole numbers below 2^24 are exact in float32, so one tensor has room for all.
    return torch.stack([part.float() for part in (*numbers, *marks, *categories)], dim=1).view(num_rows, -1)


def _is_numeric(name: str, present: list[Cell]) -> bool:
    texts = [cell for cell in present if not _is_number(cell)]
    if texts and len(texts) < (1 - MOSTLY_NUMBERS) * len(present):
        raise SystemExit(
            f"Error: Column '{name}' has numbers, but for {len(texts)} of its {len(present)} training rows, such as "
            f"'{texts[0]}'.\nHint:  Empty these cells; or name the column in --data.categorical if numbers are names."
        )
    return bool(present) and not texts


def _is_number(cell: Cell) -> bool:
    try:
        return to_number(cell) is not None
    except ValueError:
        return False


def _learn_numbers(present: list[Cell]) -> dict[str, Any]:
    values = torch.tensor([to_number(cell) for cell in present], dtype=torch.float64)
    std = float(values.std(correction=0))
    kind = "number" if std > 0 else "nothing"
    return {"kind": kind, "mean": float(values.mean()), "std": std}


def _learn_categories(present: list[Cell], has_missing: bool) -> dict[str, Any]:
    """The categories, the most frequent first, and what a missing or unknown one is taken for."""
    counts = Counter(to_text(cell) for cell in present)
    known = [name for name, count in counts.most_common() if count >= FEW]
    has_unknown = has_missing or len(known) < len(counts)
    if len(known) + has_unknown < 2:
        return {"kind": "nothing"}
    # Without an unknown one in training its embedding would have learned nothing: the most frequent stands in.
    return {"kind": "category", "categories": known, "has_unknown": has_unknown}


def _numbers(cells: Sequence[Cell], name: str, source: str) -> Tensor:
    """The cells as `(N,)`, with NaN for what is missing."""
    values = list[float]()
    for row, cell in enumerate(cells, start=1):
        try:
            number = to_number(cell)
        except ValueError:
            raise SystemExit(
                f"Error: Column '{name}' should be a number, and is '{cell}' in row {row} of {source}.\n"
                "Hint:  Correct the cell or leave it empty: a missing value is taken for the mean."
            ) from None
        values.append(float("nan") if number is None else number)
    return torch.tensor(values, dtype=torch.float64)


def _places(cells: Sequence[Cell], column: Mapping[str, Any]) -> list[int]:
    """Which row of the embedding table each cell has: a column's first one is for what is missing or unknown."""
    first: int = column["first_row"]
    rows = {name: first + 1 + place for place, name in enumerate(column["categories"])}
    unknown = first if column["has_unknown"] else first + 1
    return [unknown if is_missing(cell) else rows.get(to_text(cell), unknown) for cell in cells]
