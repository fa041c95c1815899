"""A table: of text and label for `text-classification`, of columns and a target for `tabular`."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from .finding import Finding, Tick, Unclear, class_counts, examples, given, many, thin_classes, unevenness
from .table import MISSING, MOST_ROWS, SEPARATORS, Column, Table, read_table

TEXT, TABULAR = "text-classification", "tabular"
TEXT_NAMES = ("text", "sentence", "review", "comment", "message", "content", "body", "tweet", "document")
LABEL_NAMES = ("label", "labels", "class", "category", "sentiment", "target", "topic", "rating")
TARGET_NAMES = ("target", "label", "labels", "class", "y", "outcome")
UNEVEN = 3.0
"""From this ratio of the largest class to the smallest it is said."""
FEW_COLUMNS = 4
"""Up to so many columns a text and a label are taken for what the table is about."""

Said = Mapping[str, str]
"""Options that were answered by words."""


@dataclass
class Counted:
    """What all rows say of a column.

    Attributes:
        values: how many rows have each; of a column of numbers only of its first thousand values.
        missing: rows without a value.
        rows: all.
        ragged: rows with more or fewer fields than there are columns.
        copies: rows that are equal to one before.
        whole: whether these are all rows of the file.
    """

    values: Counter[str]
    missing: int = 0
    rows: int = 0
    ragged: int = 0
    copies: int = 0
    whole: bool = True


def find_table(path: Path, *, template: str | None, said: Said, tick: Tick) -> Finding:
    """What a table is for.

    Args:
        path: the file.
        template: the one that was asked for, if any.
        said: columns that were named.
        tick: hears how far it is.

    Raises:
        UsageError: it cannot be read, or a column that was named is not there.
        Unclear: the columns do not say which is the target.
    """
    table = read_table(path)
    if template is None:
        of_text = "text_column" in said or "label_column" in said
        template = TEXT if of_text or ("target_column" not in said and _is_about_text(table)) else TABULAR
    return _find_text(table, said, tick) if template == TEXT else _find_columns(table, said, tick)


def _is_about_text(table: Table) -> bool:
    texts = [column for column in table.columns if column.kind == "text"]
    labels = [column for column in table.columns if column.is_label]
    if len(table.columns) == 2:
        return len(texts) == 1 and len(labels) == 1
    named = bool(_by_name(texts, TEXT_NAMES) and _by_name(labels, LABEL_NAMES))
    return named and len(table.columns) <= FEW_COLUMNS


def _find_text(table: Table, said: Said, tick: Tick) -> Finding:
    expected = "\t" if table.path.suffix == ".tsv" else ","
    if table.separator != expected:
        shown = f"has {SEPARATORS[table.separator]}" if table.separator else "is a Parquet file"
        wanted = f"texts from columns with {SEPARATORS[expected]} between them"
        raise UsageError(f"'{table.path}' {shown}, and the project reads {wanted}.", "Save it so.")
    texts = [column for column in table.columns if column.kind == "text"]
    text = _choose(table, said, "text_column", texts, _by_name(texts, TEXT_NAMES))
    others = [column for column in table.columns if column.is_label and column is not text]
    label = _choose(table, said, "label_column", others, _by_name(others, LABEL_NAMES))
    counted = _count(table, label, tick, missing=frozenset({""}))
    classes = _classes(counted)
    path = str(table.path)
    return Finding(
        TEXT,
        {"dataset": "csv", "data_path": path, "text_column": text.name, "label_column": label.name},
        [f"{_rows(counted)} of texts ('{text.name}') and labels ('{label.name}').", *_class_sentences(classes)],
        [*_row_problems(table, counted, label), *_class_problems(classes, counted)],  # copies stay in one part
        classes,
    )


def _find_columns(table: Table, said: Said, tick: Tick) -> Finding:
    named = _by_name([column for column in table.columns if column.kind in ("numbers", "categories")], TARGET_NAMES)
    target = _choose(table, said, "target_column", table.columns, named)
    counted = _count(table, target, tick)
    kind = said.get("target") or ("regression" if _is_measured(target) else "classification")
    classes = _classes(counted) if kind == "classification" else {}
    why = "numbers" if _is_measured(target) else f"{many(target.num_distinct, 'different value')}"
    follows = "as was asked for, it is" if "target" in said else "so it is"
    inputs = [column for column in table.columns if column is not target]
    kinds = ", ".join(f"{count} of {name}" for name, count in Counter(column.kind for column in inputs).items())
    texts = [column.name for column in inputs if column.kind == "text"]
    copied = f"{many(counted.copies, 'row')} {'is a copy' if counted.copies == 1 else 'are copies'}"
    return Finding(
        TABULAR,
        {"dataset": "table", "data_path": str(table.path), "target_column": target.name, "target": kind},
        [
            f"{_rows(counted)} with {many(len(inputs), 'column')} ({kinds}) and the target '{target.name}'.",
            f"The target has {why}; {follows} {kind}.",
            *_class_sentences(classes),
        ],
        [
            *_row_problems(table, counted, target),
            *given(counted.copies, f"{copied} of others: a drawn split may have both sides of them."),
            *_class_problems(classes, counted),
            *(_odd(column) for column in inputs if column.odd),
            *given(texts, f"Text that never repeats is left out of what the network sees: {examples(texts)}."),
        ],
        classes,
    )


def _choose(table: Table, said: Said, option: str, possible: Sequence[Column], named: Column | None) -> Column:
    """The column that was said, or the one by its name, or the only one that is possible.

    Raises:
        UsageError: the table has no column of the name that was said.
        Unclear: there are several, or none.
    """
    if option in said:
        return table.column(said[option], option)
    if named is not None or len(possible) == 1:
        return named or possible[0]
    rows = [(column.name, column.describe()) for column in (possible or table.columns)]
    example = shlex.quote(f"{option}={rows[-1][0]}")
    raise Unclear(
        f"'{table.path}' does not say which column is the {option.partition('_')[0]}.",
        f"Say it, for example by `--set {example}`. Columns: {', '.join(name for name, _ in rows)}.",
        option=option,
        rows=rows,
    )


def _by_name(columns: Sequence[Column], names: Sequence[str]) -> Column | None:
    """The only column that has one of the names."""
    found = [column for column in columns if column.name.lower() in names]
    return found[0] if len(found) == 1 else None


def _is_measured(column: Column) -> bool:
    """Whether its numbers are amounts, and not the names of a few classes."""
    return column.kind == "numbers" and not (column.whole and column.is_label)


def _count(table: Table, column: Column, tick: Tick, *, missing: Set[str] = MISSING) -> Counted:
    index = [each.name for each in table.columns].index(column.name)
    counted = Counted(Counter())
    seen: set[int] = set()
    for row in table.rows():
        if counted.rows == MOST_ROWS:
            counted.whole = False
            break
        if counted.rows % 10_000 == 0:
            tick(f"{counted.rows:,} rows")
        counted.rows += 1
        counted.ragged += len(row) != len(table.columns)
        value = row[index].strip() if index < len(row) else ""
        if value.lower() in missing:
            counted.missing += 1
        elif value in counted.values or len(counted.values) < 1000:
            counted.values[value] += 1
        seen.add(hash(tuple(row)))
    counted.copies = counted.rows - len(seen)
    return counted


def _rows(counted: Counted) -> str:
    return f"{many(counted.rows, 'row')}{'' if counted.whole else ', the first ones,'}"


def _classes(counted: Counted) -> dict[str, int]:
    return {value: counted.values[value] for value in sorted(counted.values)}


def _class_sentences(classes: Mapping[str, int]) -> list[str]:
    ratio = unevenness(classes)
    return [
        *given(classes, f"{many(len(classes), 'class', 'classes')}: {class_counts(classes)}."),
        *given(ratio >= UNEVEN, f"The largest class has {ratio:.0f} times the rows of the smallest."),
    ]


def _class_problems(classes: Mapping[str, int], counted: Counted) -> list[str]:
    if len(counted.values) < 2:
        return ["All rows have the same value to learn: there is nothing to tell apart."]
    if len(classes) > counted.rows / 2:
        return [f"{len(classes):,} classes in {many(counted.rows, 'row')} are too many to learn."]
    return thin_classes(classes, "row", least=3)


def _odd(column: Column) -> str:
    number = f"{len(column.odd):,} of {many(column.num_values, 'value')}"
    wanted = "a run wants these empty, or numbers"
    return f"Column '{column.name}' has numbers but for {number}, such as '{column.odd[0]}': {wanted}."


def _row_problems(table: Table, counted: Counted, column: Column) -> list[str]:
    missing = f"{many(counted.missing, 'row')} of {counted.rows:,} without a value in '{column.name}'"
    ragged = f"{many(counted.ragged, 'row')} with more or fewer fields than the {many(len(table.columns), 'column')}"
    return [
        *given(counted.missing, f"{missing}: nothing can be learned from them."),
        *given(counted.ragged, f"{ragged}: a run may refuse them."),
    ]


def refuse_tables(path: Path, tables: Sequence[str]) -> UsageError:
    """The error for a folder with several tables."""
    return UsageError(f"'{path}' holds {len(tables)} tables: {examples(tables)}.", "`--data` names one of them.")
