"""A table in a CSV, TSV or Parquet file: its columns, what is in them, and its rows one after the other."""

from __future__ import annotations

import csv
import importlib
import itertools
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import UsageError, did_you_mean

SUFFIXES = frozenset({".csv", ".tsv", ".parquet", ".pq"})
NUM_LOOKED = 5000
"""Rows by which a column's kind is told."""
MOST_ROWS = 1_000_000
"""Rows that are counted; above it that is said."""
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""What stands for a missing value, in lower case; among labels of texts only "" does."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MOSTLY_NUMBERS = 0.9
"""Part of a column above which it is meant to be numbers, and its texts are mistakes."""
WORDS_OF_TEXT = 4.0
"""Mean number of words above which a column is text and not the names of categories."""

Row = Sequence[str]
Kind = Literal["numbers", "categories", "text", "nothing"]


@dataclass(frozen=True)
class Column:
    """A column by the first rows.

    Attributes:
        name: in the first row.
        kind: numbers, categories, text, or nothing if all values are missing.
        num_distinct: different values.
        whole: whether all are whole numbers.
        num_values: that are not missing.
        odd: texts in a column that is numbers otherwise.
    """

    name: str
    kind: Kind
    num_distinct: int
    whole: bool
    num_values: int
    odd: Sequence[str] = ()

    @property
    def is_label(self) -> bool:
        """Whether its values can be classes: few, and each of them more than once."""
        few = 2 <= self.num_distinct <= max(self.num_values // 2, 2)
        return few and (self.kind == "categories" or (self.whole and self.num_distinct <= 20))

    def describe(self) -> str:
        """In a few words, for people who choose one."""
        if self.kind == "categories" or self.is_label:
            return f"{self.num_distinct:,} different values"
        return {"numbers": "numbers", "text": "text", "nothing": "no values"}[self.kind]


@dataclass(frozen=True)
class Table:
    """A table, of which the first rows were looked at.

    Attributes:
        path: the file.
        columns: in their order.
        separator: between fields; empty for Parquet.
        num_looked: rows that the columns' kinds come from.
    """

    path: Path
    columns: Sequence[Column]
    separator: str
    num_looked: int

    def column(self, name: str, option: str) -> Column:
        """The column of a name.

        Args:
            name: as it was said.
            option: that said it.

        Raises:
            UsageError: there is none.
        """
        names = [column.name for column in self.columns]
        if name not in names:
            hint = f"{did_you_mean(name, names)}Columns: {', '.join(names)}."
            raise UsageError(f"'{self.path}' has no column '{name}', which '{option}' names.", hint)
        return self.columns[names.index(name)]

    def rows(self) -> Iterator[Row]:
        """All rows after the first, as texts; a missing value is empty."""
        if not self.separator:
            return _parquet_rows(self.path)
        return itertools.islice((row for row in _csv_rows(self.path, self.separator) if row), 1, None)


def is_table(name: str) -> bool:
    """Whether a file's name is that of a table."""
    return Path(name).suffix.lower() in SUFFIXES


def is_missing(value: str) -> bool:
    """Whether a value stands for none."""
    return value.strip().lower() in MISSING


def read_table(path: Path) -> Table:
    """The columns of a table, by its first rows.

    Raises:
        UsageError: it cannot be read, or its first row has no names.
    """
    is_parquet = path.suffix.lower() in (".parquet", ".pq")
    separator = "" if is_parquet else _separator(path)
    names = _parquet_names(path) if is_parquet else _header(path, separator)
    rows = list(itertools.islice(Table(path, (), separator, 0).rows(), NUM_LOOKED))
    if not rows:
        raise UsageError(f"'{path}' has names of columns and no rows.", "Look whether it was written whole.")
    columns = [_column(name, [row[index] for row in rows if index < len(row)]) for index, name in enumerate(names)]
    return Table(path, columns, separator, len(rows))


def _column(name: str, values: Sequence[str]) -> Column:
    present = [value.strip() for value in values if not is_missing(value)]
    odd = [value for value in present if _number(value) is None]
    words = sum(len(value.split()) for value in present) / max(len(present), 1)
    is_meant = 0 < len(odd) < (1 - MOSTLY_NUMBERS) * len(present)
    kind: Kind = "categories" if present else "nothing"
    if present and (is_meant or not odd):
        kind = "numbers"
    elif words > WORDS_OF_TEXT:
        kind = "text"
    whole = kind == "numbers" and not odd and all(float(value).is_integer() for value in set(present))
    return Column(name, kind, len(set(present)), whole, len(present), odd if is_meant else ())


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number - number == 0 else None  # neither infinite nor NaN


def _separator(path: Path) -> str:
    """What separates the fields: what the first line has most of.

    Raises:
        UsageError: it is empty, or has none of what projects read.
    """
    first = next(_lines(path), "")
    if not first.strip():
        raise UsageError(f"'{path}' has no first row with the columns' names.", "Put one above the values.")
    found = max(SEPARATORS, key=first.count)
    if found not in first or first.count("|") > first.count(found):
        shown = "bars" if "|" in first else "one column"
        raise UsageError(
            f"'{path}' has {shown}, and the project reads columns with commas between them.", "Save it so."
        )
    return found


def _header(path: Path, separator: str) -> list[str]:
    names = [name.strip() for name in next(_csv_rows(path, separator))]
    numbers = [name for name in names if _number(name) is not None]
    if numbers or "" in names:
        fault = f"the number {numbers[0]}" if numbers else "an empty name"
        raise UsageError(
            f"The first row of '{path}' should name the columns, and has {fault}.",
            "Put a row of names above the values.",
        )
    double = [name for name, count in Counter(names).items() if count > 1]
    if double:
        raise UsageError(f"'{path}' has several columns '{double[0]}'.", "Give each a name of its own.")
    return names


def _csv_rows(path: Path, separator: str) -> Iterator[Row]:
    try:
        yield from csv.reader(_lines(path), delimiter=separator)
    except csv.Error as error:
        raise UsageError(f"'{path}' cannot be read as a table: {error}.", "Write it anew, as CSV.") from None


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise UsageError(
            f"'{path}' is not UTF-8 text: byte {error.start:,} of a block is 0x{error.object[error.start]:02x}.",
            f"Convert it, for example by `iconv -f latin1 -t utf-8 {path.name}`.",
        ) from None
    except OSError as error:
        raise UsageError(f"'{path}' cannot be read: {error.strerror}.", "Check its permissions.") from None


@contextmanager
def _parquet(path: Path) -> Generator[Any]:
    try:
        # by name: it need not be there, for type checkers too
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(
            f"'{path}' is a Parquet file, and pyarrow, which reads it, is not installed.",
            "Install it beside torch-scaffold: `pip install pyarrow`.",
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (OSError, ValueError) as error:  # pyarrow's own are ValueErrors
        reason = str(error).partition("\n")[0]
        message = f"'{path}' cannot be read as Parquet: {reason}."
        raise UsageError(message, "Look whether it was written whole.") from None


def _parquet_names(path: Path) -> list[str]:
    with _parquet(path) as file:
        return list(file.schema_arrow.names)


def _parquet_rows(path: Path) -> Iterator[Row]:
    with _parquet(path) as file:
        for batch in file.iter_batches(batch_size=NUM_LOOKED):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield ["" if value is None else str(value) for value in values]
