"""The network: an encoder of Hugging Face, by its name, with a new last layer."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from .hub_access import look_for_hub
from .tokens import ENCODER


@dataclass(frozen=True)
class ModelConfig:
    """Which network."""

    name: str = ENCODER
    """Name on the hub, or a folder; the same as `--data.tokenizer`."""
    pretrained: bool = True
    """Start from its weights (downloads them); the last layer is new in any case."""


class Encoder(nn.Module):
    """A classifier of Hugging Face, which takes tokens and nothing else."""

    def __init__(self, network: nn.Module, padding: int) -> None:
        super().__init__()
        self.network, self.padding = network, padding

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens `(N, max_length)` to class scores `(N, num_classes)`."""
        there = (tokens != self.padding).long()
        return self.network(input_ids=tokens, attention_mask=there).logits


def build_model(
    config: ModelConfig, *, vocabulary_size: int, max_length: int, num_classes: int, padding: int
) -> nn.Module:
    """The encoder with a new last layer for `num_classes` classes.

    Raises:
        SystemExit: it cannot be loaded, or does not fit the tokens.
    """
    look_for_hub(config.name)
    try:
        known: Any = AutoConfig.from_pretrained(config.name, num_labels=num_classes, pad_token_id=padding)
        _check_sizes(config.name, known, vocabulary_size, max_length)
        if config.pretrained:
            load = AutoModelForSequenceClassification.from_pretrained
            network = load(config.name, config=known, ignore_mismatched_sizes=True)  # the last layer's
        else:
            network = AutoModelForSequenceClassification.from_config(known)
    except (OSError, ValueError) as error:  # a wrong name, no network, a folder without a network
        raise SystemExit(
            f"Error: The encoder '{config.name}' cannot be loaded: {' '.join(str(error).split()).rstrip('.')}.\n"
            "Hint:  Is its name right, and is there a network? --model.name may be a folder too."
        ) from None
    return Encoder(network, padding)


def _check_sizes(name: str, known: Any, vocabulary_size: int, max_length: int) -> None:
    """The encoder has a vector for each token and each position, as far as it says how many it has."""
    if known.vocab_size < vocabulary_size:
        raise SystemExit(
            f"Error: The encoder '{name}' knows {known.vocab_size} tokens, and the tokenizer has {vocabulary_size}.\n"
            "Hint:  Give --data.tokenizer and --model.name the same name."
        )
    longest = getattr(known, "max_position_embeddings", max_length)
    if longest < max_length:
        raise SystemExit(
            f"Error: The encoder '{name}' reads {longest} tokens, and texts have {max_length}.\n"
            f"Hint:  --data.max-length {longest}"
        )
