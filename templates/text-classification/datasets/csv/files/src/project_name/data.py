"""The texts: your own, with labels, columns of a CSV or TSV file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from scaffold_runtime.run import log

from .loaders import Datasets
from .texts import LabelledTexts, make_datasets, read_table, read_texts, split
from .tokens import Tokenizer, TokensConfig

PART = 0.15  # of the texts validates, and as many test, where no files are named for that


@dataclass(frozen=True)
class DataConfig(TokensConfig):
    """The texts and how they are batched."""

    path: Path = Path("data/texts.csv")
    """The texts to train on; a part of them validates and tests, unless other files do. `.tsv`: divided by tabs."""
    val_path: Path | None = None
    """Validation texts in a file of their own."""
    test_path: Path | None = None
    """Test texts in a file of their own."""
    text_column: str = "text"
    """Name of the column with the texts."""
    label_column: str = "label"
    """Name of the column with the names of classes."""
    split_seed: int = 0
    """Seeds the choice of validation and test samples."""


def load_datasets(config: DataConfig) -> Datasets:
    """Training, validation and test samples: 70, 15 and 15 % of the texts, or the files that are named.

    Each is `(tokens, label)`: `(max_length,)` int64, and the index of a class.

    Raises:
        SystemExit: a file cannot be read, or has no such columns.
    """
    train = read_labelled(config.path, config)
    val = test = None
    if config.test_path is None:
        train, test = split(train, (1 - PART, PART), config.split_seed)
    if config.val_path is None:
        part = PART if config.test_path else PART / (1 - PART)  # of what is left
        train, val = split(train, (1 - part, part), config.split_seed + 1)
    val = val or read_labelled(config.val_path or config.path, config)
    test = test or read_labelled(config.test_path or config.path, config)
    if not (train.texts and val.texts and test.texts):
        raise SystemExit(f"Error: '{config.path}' has too few texts to train, validate and test on.")
    return make_datasets(train, val, test, config)


def read_labelled(path: Path, config: DataConfig) -> LabelledTexts:
    """The rows that have both a text and a label; how many have not is told.

    Raises:
        SystemExit: the file cannot be read, or has no such columns.
    """
    path = path.expanduser()  # a shell leaves the `~` of `--data.path=~/texts.csv` as it is
    columns, rows = read_table(path)
    for flag, column in (("text", config.text_column), ("label", config.label_column)):
        if column not in columns:
            raise SystemExit(
                f"Error: '{path}' has no column '{column}'; it has {columns}.\n"
                f"Hint:  --data.{flag}-column names the column of the {flag}s."
            )
    pairs = [((row[config.text_column] or "").strip(), (row[config.label_column] or "").strip()) for row in rows]
    whole = [(text, label) for text, label in pairs if text and label]
    if len(whole) < len(pairs):
        log.warning(f"{len(pairs) - len(whole)} of {len(pairs)} rows of '{path}' have no text or no label: left out.")
    return LabelledTexts([text for text, _ in whole], [label for _, label in whole])


def read_inputs(path: Path, config: DataConfig, info: Mapping[str, Any]) -> list[tuple[str, Tensor]]:
    """Names and tokens `(max_length,)`: of a table's column of texts, or of the lines of a text file.

    Raises:
        SystemExit: it cannot be read, or has no text.
    """
    found = read_texts(path, config.text_column)
    tokens = Tokenizer.from_info(info).encode([text for _, text in found], config.max_length)
    return [(name, row) for (name, _), row in zip(found, tokens, strict=True)]
