"""Texts as numbers: the tokenizer that an encoder of Hugging Face was trained with, by its name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from msgspec import Meta
from torch import Tensor
from transformers import AutoTokenizer

from .hub_access import look_for_hub
from .loaders import LoaderConfig

ENCODER = "distilbert/distilbert-base-uncased"


@dataclass(frozen=True)
class TokensConfig(LoaderConfig):
    """How texts become numbers."""

    max_length: Annotated[int, Meta(ge=3)] = 128
    """Tokens of a text that are read; what follows is left out."""
    tokenizer: str = ENCODER
    """Name on the hub, or a folder; the same as `--model.name`, for a network knows its own tokens only."""


class Tokenizer:
    """A tokenizer of Hugging Face.

    Attributes:
        info: what makes the same tokenizer again, for JSON.
        sizes: what a network has to know of it.
    """

    def __init__(self, name: str) -> None:
        look_for_hub(name)
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)  # its cache has locks: one process downloads
        except (OSError, ValueError) as error:  # a wrong name, no network, a folder without a tokenizer
            raise SystemExit(
                f"Error: The tokenizer '{name}' cannot be loaded: {' '.join(str(error).split()).rstrip('.')}.\n"
                "Hint:  Is its name right, and is there a network? --data.tokenizer may be a folder too."
            ) from None
        if self._tokenizer.pad_token_id is None:
            raise SystemExit(
                f"Error: The tokenizer '{name}' has no padding.\nHint:  Give an encoder's, such as BERT's."
            )
        self.info: Mapping[str, Any] = {"tokenizer": name}
        self.sizes = {"vocabulary_size": len(self._tokenizer), "padding": int(self._tokenizer.pad_token_id)}

    @classmethod
    def learn(cls, texts: Iterable[str], config: TokensConfig) -> Self:
        """The tokenizer for training texts: it has learned already, from others."""
        return cls(config.tokenizer)

    @classmethod
    def from_info(cls, info: Mapping[str, Any]) -> Self:
        """The tokenizer of a run, from what is saved with it."""
        return cls(info["tokenizer"])

    def encode(self, texts: Sequence[str], max_length: int) -> Tensor:
        """The numbers of each text's first tokens, `(len(texts), max_length)` int64, filled up with padding."""
        cut = {"padding": "max_length", "truncation": True, "max_length": max_length}
        return self._tokenizer(list(texts), return_tensors="pt", **cut)["input_ids"]

    def decode(self, tokens: Tensor) -> str:
        """One text `(max_length,)`, as the network sees it."""
        return self._tokenizer.decode(tokens, skip_special_tokens=True)
