"""From texts to samples: windows of tokens, and what simpler programs make of the same texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor
from torch.utils.data import Dataset

from .baselines import gzip_bits_per_byte, order_2_bits_per_byte
from .loaders import Datasets
from .tokens import Tokenizer, TokensConfig

BETWEEN = b"\0"  # ends each text: a byte that texts do not have
NO_TOKEN = -100  # as a target: what torch's cross-entropy leaves out


@dataclass(frozen=True)
class CorpusConfig(TokensConfig):
    """Which texts are for what."""

    val_fraction: Annotated[float, Meta(gt=0, lt=0.5)] = 0.05
    """Part of the files that validates."""
    test_fraction: Annotated[float, Meta(gt=0, lt=0.5)] = 0.05
    """Part of the files that tests."""
    max_train_bytes: Annotated[int, Meta(ge=1)] | None = None
    """So much text is trained on; all of it if None."""
    max_held_out_bytes: Annotated[int, Meta(ge=1)] | None = None
    """So much text validates, and as much tests; all of it if None."""


@dataclass(frozen=True)
class Texts:
    """Texts by their use."""

    train: Sequence[bytes]
    val: Sequence[bytes]
    test: Sequence[bytes]


class Windows(Dataset[tuple[Tensor, Tensor]]):
    """A text's tokens, `length` at a time, side by side.

    Each sample is `(tokens, targets)`: `(length,)` int64, and `(2, length)` int64 with the next token of each place in
    the first row, and in the second how many bytes that one stands for. The last one is filled up.
    """

    def __init__(self, tokens: Tensor, byte_counts: Tensor, length: int) -> None:
        self.tokens, self.byte_counts, self.length = tokens, byte_counts, length

    def __len__(self) -> int:
        return -(-(len(self.tokens) - 1) // self.length)  # rounded up: every token but the first is a target once

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        begin = index * self.length
        window = self.tokens[begin : begin + self.length + 1]
        tokens, targets = torch.zeros(self.length, dtype=torch.int64), torch.zeros(2, self.length, dtype=torch.int64)
        count = len(window) - 1
        targets[0, count:] = NO_TOKEN
        tokens[:count], targets[0, :count] = window[:-1], window[1:]
        targets[1, :count] = self.byte_counts[window[1:]]
        return tokens, targets


def make_datasets(texts: Texts, config: TokensConfig) -> Datasets:
    """Windows of the three parts, by the tokens of the training texts, and what simpler programs come to.

    Raises:
        SystemExit: a part has too little text.
    """
    joined = {"train": join(texts.train), "val": join(texts.val), "test": join(texts.test)}
    tokenizer = Tokenizer.learn(texts.train, config)
    windows: dict[str, Windows] = {}
    for split, text in joined.items():
        tokens = tokenizer.encode(text)
        if len(tokens) < 2:
            raise SystemExit(f"Error: There is no text for '{split}'.\nHint:  Give more files, or longer ones.")
        windows[split] = Windows(tokens, tokenizer.byte_counts, config.length)
    baselines = {
        split: {
            "bytes": len(joined[split]),
            "order_2": round(order_2_bits_per_byte(joined["train"], joined[split]), 4),
            "gzip": round(gzip_bits_per_byte(joined[split]), 4),
        }
        for split in ("val", "test")
    }
    return Datasets(
        train=windows["train"],
        val=windows["val"],
        test=windows["test"],
        sizes={"vocabulary_size": tokenizer.vocabulary_size, "length": config.length},
        info={**tokenizer.info, "baselines": baselines},
    )


def join(texts: Sequence[bytes]) -> bytes:
    """All texts, each with its end."""
    return b"".join(text + BETWEEN for text in texts)


def share_out(files: Mapping[str, Path], config: CorpusConfig) -> Texts:
    """The contents of files by their names: the same file is always in the same part, whatever others there are.

    Args:
        files: by the names that decide.
        config: how much is for what.

    Raises:
        SystemExit: a file cannot be read.
    """
    # A number in [0, 1) that looks random and is always the same for a name.
    places = {name: int(sha256(name.encode()).hexdigest()[:8], 16) / 2**32 for name in files}
    parts: dict[str, list[bytes]] = {"val": [], "test": [], "train": []}
    bounds = {"val": config.val_fraction, "test": config.val_fraction + config.test_fraction, "train": 1.0}
    limits = {"val": config.max_held_out_bytes, "test": config.max_held_out_bytes, "train": config.max_train_bytes}
    for name in sorted(files, key=lambda name: (places[name], name)):
        split = next(split for split, bound in bounds.items() if places[name] < bound)
        limit, sofar = limits[split], sum(map(len, parts[split]))
        if limit is None or sofar < limit:
            text = read_text(files[name])
            parts[split].append(text if limit is None else text[: limit - sofar])
    return Texts(**parts)


def read_text(path: Path) -> bytes:
    """A file's text.

    Raises:
        SystemExit: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SystemExit(f"Error: '{path}' cannot be read: {error}.") from None


def describe(info: Mapping[str, Any]) -> str:
    """What the network has to be better than, in a line for each part."""
    return "\n".join(
        f"{split} text, {found['bytes']:,} bytes: {found['order_2']} bits per byte by an order-2 model, "
        f"{found['gzip']} by gzip -9"
        for split, found in info["baselines"].items()
    )
