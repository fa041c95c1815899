"""From texts and labels to samples: splits that share no text, names of classes, tokens."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import TensorDataset

from .loaders import Datasets
from .tokens import Tokenizer, TokensConfig

MOST_CLASSES_TOLD = 20


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, and the name of each one's class."""

    texts: Sequence[str]
    labels: Sequence[str]


def make_datasets(train: LabelledTexts, val: LabelledTexts, test: LabelledTexts, config: TokensConfig) -> Datasets:
    """Samples `(tokens, label)`: `(max_length,)` int64 and a class index; the training texts say what there is.

    Raises:
        SystemExit: there is one class only, or validation or test have one that training has not.
    """
    classes = sorted(set(train.labels))
    if len(classes) < 2:
        raise SystemExit(
            f"Error: The training texts have {len(classes)} class(es): {classes}.\nHint:  Give two or more."
        )
    unknown = sorted({*val.labels, *test.labels} - set(classes))
    if unknown:
        raise SystemExit(f"Error: No training text is of {unknown}.\nHint:  Give more texts of them, or none.")
    counts = Counter([*train.labels, *val.labels, *test.labels])
    tokenizer = Tokenizer.learn(train.texts, config)

    def samples_of(texts: LabelledTexts) -> TensorDataset:
        labels = torch.tensor([classes.index(label) for label in texts.labels])
        return TensorDataset(tokenizer.encode(texts.texts, config.max_length), labels)

    return Datasets(
        train=samples_of(train),
        val=samples_of(val),
        test=samples_of(test),
        sizes={**tokenizer.sizes, "max_length": config.max_length, "num_classes": len(classes)},
        info={**tokenizer.info, "classes": classes, "counts": {name: counts[name] for name in classes}},
    )


def describe(info: Mapping[str, Any]) -> str:
    """Which classes there are, and how many texts of each, the most frequent ones first."""
    counts: Mapping[str, int] = info["counts"]
    told = [f"{name} {counts[name]:,}" for name in sorted(counts, key=lambda name: -counts[name])[:MOST_CLASSES_TOLD]]
    more = [f"and {len(counts) - len(told)} more"] if len(counts) > len(told) else []
    return f"{len(counts)} classes: {', '.join([*told, *more])}"


def split(samples: LabelledTexts, parts: Sequence[float], seed: int) -> list[LabelledTexts]:
    """The samples in random parts; all that have the same text go into the same one.

    Args:
        samples: to be shared out.
        parts: which part of the different texts each gets; the last one gets what is left.
        seed: of the order.
    """
    texts = list(dict.fromkeys(samples.texts))
    order = torch.randperm(len(texts), generator=torch.Generator().manual_seed(seed)).tolist()
    place = {texts[index]: number / len(texts) for number, index in enumerate(order)}  # in [0, 1)
    bounds = [sum(parts[:count]) for count in range(1, len(parts))]
    chosen: list[list[int]] = [[] for _ in parts]
    for index, text in enumerate(samples.texts):
        chosen[sum(place[text] >= bound for bound in bounds)].append(index)
    return [
        LabelledTexts([samples.texts[index] for index in part], [samples.labels[index] for index in part])
        for part in chosen
    ]


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Names of columns, and rows, of a CSV file, or of one that tabs divide if it is called `.tsv`.

    Raises:
        SystemExit: it cannot be read, or is not such a table.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a mark first
            reader = csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ",", strict=True)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
            return list(reader.fieldnames), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SystemExit(f"Error: '{path}' cannot be read as a table: {error}.") from None


def read_texts(path: Path, text_column: str) -> list[tuple[str, str]]:
    """Names and texts of a file: the column of a table (.csv, .tsv), else each line that is not blank.

    Raises:
        SystemExit: it cannot be read, or has no such column, or no text.
    """
    if path.suffix in (".csv", ".tsv"):
        columns, rows = read_table(path)
        if text_column not in columns:
            raise SystemExit(f"Error: '{path}' has no column '{text_column}'.\nHint:  It has {columns}.")
        texts = [row[text_column] or "" for row in rows]
    else:
        try:
            texts = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise SystemExit(f"Error: '{path}' cannot be read as text: {error}.") from None
    found = [(f"{path}:{number}", text) for number, text in enumerate(texts, start=1) if text.strip()]
    if not found:
        raise SystemExit(f"Error: '{path}' has no text.")
    return found
