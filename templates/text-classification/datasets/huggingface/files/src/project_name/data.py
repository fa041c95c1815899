"""The texts: a data set of Hugging Face, by its name there, or from a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from datasets import ClassLabel, Dataset
from msgspec import Meta
from torch import Tensor

from .hub import read_splits
from .loaders import Datasets
from .texts import LabelledTexts, make_datasets, read_texts, split
from .tokens import Tokenizer, TokensConfig

PART = 0.15  # of the training texts is for validation or test, where there is no split for that


@dataclass(frozen=True)
class DataConfig(TokensConfig):
    """The texts and how they are batched."""

    dataset: str = "fancyzhx/ag_news"
    """Its name on the hub, or a folder of CSV, JSON or Parquet files."""
    subset: str | None = None
    """Which of its configurations, where it has several."""
    text_column: str = "text"
    """Name of the column with the texts."""
    label_column: str = "label"
    """Name of the column with the classes."""
    max_samples: Annotated[int, Meta(ge=10)] | None = None
    """Of each split only so many, chosen at random; all if not given."""
    split_seed: int = 0
    """Seeds the choice of samples, and of splits that there are not."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples, by the data set's own splits where it has them.

    Each is `(tokens, label)`: `(max_length,)` int64, and the index of a class.

    Raises:
        SystemExit: the data set cannot be had, or has no such columns.
    """
    columns = {"text": config.text_column, "label": config.label_column}
    splits = read_splits(config.dataset, config.subset, columns)
    found = {name: read_labelled(rows, config) for name, rows in splits.items()}
    train, val, test = found["train"], found.get("validation"), found.get("test")
    if test is None:
        train, test = split(train, (1 - PART, PART), config.split_seed)
    if val is None:
        train, val = split(train, (1 - PART, PART), config.split_seed + 1)
    return make_datasets(train, val, test, config)


def read_labelled(rows: Dataset, config: DataConfig) -> LabelledTexts:
    """The texts and names of classes of a split; samples without a text or a class are left out."""
    if config.max_samples is not None and config.max_samples < len(rows):
        rows = rows.shuffle(seed=config.split_seed).select(range(config.max_samples))
    texts, labels = list(rows[config.text_column]), list(rows[config.label_column])
    kind = rows.features[config.label_column]
    names = (
        [kind.names[label] if label is not None and label >= 0 else "" for label in labels]
        if isinstance(kind, ClassLabel)
        else ["" if label is None else str(label) for label in labels]
    )
    whole = [(text, label) for text, label in zip(texts, names, strict=True) if text and label]
    return LabelledTexts([text for text, _ in whole], [label for _, label in whole])


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """Names and tokens `(max_length,)`: of a table's column of texts, or of the lines of a text file.

    Raises:
        SystemExit: it cannot be read, or has no text.
    """
    found = read_texts(path, config.text_column)
    tokens = Tokenizer.from_info(info).encode([text for _, text in found], config.max_length)
    return [(name, row) for (name, _), row in zip(found, tokens, strict=True)]
