"""The texts: a data set of Hugging Face, by its name there, or from a folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from .corpus import CorpusConfig, Texts, make_datasets
from .hub import read_splits
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
    splits = read_splits(config.dataset, config.subset, {"text": config.text_column})
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
