"""The texts: a data set of Hugging Face, by its name there, or from a folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from datasets import DatasetDict, load_dataset

from scaffold_runtime import distributed as idist

from .corpus import CorpusConfig, Texts, make_datasets
from .loaders import Datasets


@dataclass(frozen=True)
class DataConfig(CorpusConfig):
    """The texts and how they are batched."""

    dataset: str = "roneneldan/TinyStories"
    """Its name on the hub, or a folder of text, JSON or Parquet files."""
    subset: str | None = None
    """Which of its configurations, where it has several."""
    text_column: str = "text"
    """Name of the column with the texts."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples `(tokens, targets)`: `(length,)` and `(2, length)` int64.

    Raises:
        SystemExit: the data set cannot be had, or has no such column.
    """
    splits = read_splits(config)
    for name, rows in splits.items():
        if config.text_column not in rows.column_names:
            raise SystemExit(
                f"Error: The split '{name}' of '{config.dataset}' has no column '{config.text_column}'; it has "
                f"{rows.column_names}.\nHint:  --data.text-column names the column of the texts."
            )
    bounds = {  # of the training texts, by a number in [0, 1) that a text always has
        "validation": (0.0, config.val_fraction),
        "test": (config.val_fraction, config.val_fraction + config.test_fraction),
    }
    taken = [bounds[name] for name in bounds if name not in splits]
    train = (
        text for text in texts_of(splits["train"], config) if not any(low <= place(text) < high for low, high in taken)
    )
    held_out: dict[str, Iterable[bytes]] = {}
    for name, (low, high) in bounds.items():
        rows = texts_of(splits[name if name in splits else "train"], config)
        held_out[name] = rows if name in splits else [text for text in rows if low <= place(text) < high]
    val, test = (limited(held_out[name], config.max_held_out_bytes) for name in ("validation", "test"))
    return make_datasets(Texts(limited(train, config.max_train_bytes), val, test), config)


def read_splits(config: DataConfig) -> DatasetDict:
    """The data set, downloaded if it is not there yet.

    Raises:
        SystemExit: it cannot be had.
    """
    try:
        with idist.one_rank_first(local=True):  # one process of a machine downloads
            found = load_dataset(config.dataset, config.subset)
    except (OSError, ValueError, RuntimeError) as error:  # a wrong name, no network, files that are no data
        reason = " ".join(str(error).split()).rstrip(".")
        raise SystemExit(
            f"Error: The data set '{config.dataset}' cannot be loaded: {reason}.\n"
            "Hint:  Is its name right, and is there a network? --data.dataset may be a folder too."
        ) from None
    if not isinstance(found, DatasetDict) or "train" not in found:
        raise SystemExit(f"Error: The data set '{config.dataset}' has no split 'train'; it has {list(found)}.")
    return found


def texts_of(rows: Any, config: DataConfig) -> Iterable[bytes]:
    """The texts that are not empty, one by one: all of them may be more than memory holds."""
    return (row[config.text_column].encode() for row in rows if row[config.text_column])


def place(text: bytes) -> float:
    """A number in [0, 1) that looks random and is always the same for a text."""
    return int(sha256(text).hexdigest()[:8], 16) / 2**32


def limited(texts: Iterable[bytes], limit: int | None) -> list[bytes]:
    """The texts up to so many bytes."""
    found: list[bytes] = []
    left = limit
    for text in texts:
        if left is None:
            found.append(text)
            continue
        found.append(text[:left])
        left -= len(found[-1])
        if left <= 0:
            break
    return found
