"""Texts as numbers: words, digits and signs, by a vocabulary of the training texts' most frequent ones."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import torch
from msgspec import Meta
from torch import Tensor

from .loaders import LoaderConfig

TOKEN = re.compile(r"[^\W\d_]+|\d|[^\w\s]|_")
PART = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")  # where a part of `MyHTTPServer` begins
PADDING, UNKNOWN = 0, 1  # the first numbers; words begin after them
FIRST_WORD = 2


@dataclass(frozen=True)
class TokensConfig(LoaderConfig):
    """How texts become numbers."""

    max_length: Annotated[int, Meta(ge=1)] = 64
    """Tokens of a text that are read; what follows is left out."""
    vocabulary_size: Annotated[int, Meta(ge=1)] = 8000
    """At most so many different words are told apart; a word that training texts have only once is none of them."""


class Tokenizer:
    """A vocabulary: what each word's number is.

    Attributes:
        info: what makes the same tokenizer again, for JSON.
        sizes: what a network has to know of it.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._numbers = {word: number for number, word in enumerate(words, start=FIRST_WORD)}
        self.info: Mapping[str, Any] = {"vocabulary": self._words}
        self.sizes = {"vocabulary_size": FIRST_WORD + len(self._words), "padding": PADDING}

    @classmethod
    def learn(cls, texts: Iterable[str], config: TokensConfig) -> Self:
        """The tokenizer for training texts."""
        counts = Counter(word for text in texts for word in words_of(text))
        # A word seen once teaches little, and nothing of what an unknown word means if there are no others.
        return cls([word for word, count in counts.most_common(config.vocabulary_size) if count > 1])

    @classmethod
    def from_info(cls, info: Mapping[str, Any]) -> Self:
        """The tokenizer of a run, from what is saved with it."""
        return cls(info["vocabulary"])

    def encode(self, texts: Sequence[str], max_length: int) -> Tensor:
        """The numbers of each text's first words, `(len(texts), max_length)` int64, filled up with padding."""
        tokens = torch.full((len(texts), max_length), PADDING)
        for row, text in zip(tokens, texts, strict=True):
            numbers = [self._numbers.get(word, UNKNOWN) for word in words_of(text)[:max_length]]
            row[: len(numbers)] = torch.tensor(numbers)
        return tokens

    def decode(self, tokens: Tensor) -> str:
        """The words of one text `(max_length,)`, as the network sees it."""
        names = ["", "?", *self._words]
        return " ".join(names[number] for number in tokens.tolist() if number != PADDING)


def words_of(text: str) -> list[str]:
    """Words in lower case, parts of names, digits and signs one by one.

    Example:
        >>> words_of("Returns x_1 (MyHTTPServer).")
        ['returns', 'x', '_', '1', '(', 'my', 'http', 'server', ')', '.']
    """
    return TOKEN.findall(PART.sub(" ", text).lower())
