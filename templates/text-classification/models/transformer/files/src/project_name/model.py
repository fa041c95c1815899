"""The network: a small transformer encoder over words, and the mean and the maximum of what it makes of them."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from .tokens import UNKNOWN


@dataclass(frozen=True)
class ModelConfig:
    """The network's size."""

    width: Annotated[int, Meta(ge=1)] = 64
    """Numbers that stand for a word; a multiple of `heads`."""
    depth: Annotated[int, Meta(ge=1)] = 2
    """Blocks of attention and a layer for each word."""
    heads: Annotated[int, Meta(ge=1)] = 4
    """Ways of attending, side by side."""
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2
    """Part of the numbers that is left out at random in training."""
    word_dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    """Part of the words that is unknown at random in training: so the network learns to do without."""


class Block(nn.Module):
    """Attention, then a layer for each word, each beside a shortcut (Vaswani et al. 2017, arXiv:1706.03762).

    The norm comes first (Xiong et al. 2020, arXiv:2002.04745): that trains without a long warm-up.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.attention_in = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.layer = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        """`(N, T, width)` to the same; `visible`, `(N, 1, 1, T)` bool, says which words there are to attend to."""
        mixed = self.attention_in(self.attention_norm(x))
        query, key, value = mixed.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (N, heads, T, .)
        attended = scaled_dot_product_attention(query, key, value, attn_mask=visible)
        x = x + self.dropout(self.attention_out(attended.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.layer(x))


class TextTransformer(nn.Module):
    """Words and their positions, blocks, mean and maximum over the text's words, one linear layer."""

    def __init__(self, vocabulary_size: int, max_length: int, num_classes: int, padding: int, c: ModelConfig) -> None:
        super().__init__()
        self.padding = padding
        self.words = nn.Embedding(vocabulary_size, c.width)
        self.positions = nn.Parameter(0.02 * torch.randn(max_length, c.width))
        self.blocks = nn.ModuleList(Block(c.width, c.heads, c.dropout) for _ in range(c.depth))
        self.norm = nn.LayerNorm(c.width)
        self.head = nn.Linear(2 * c.width, num_classes)
        self.dropout, self.word_dropout = nn.Dropout(c.dropout), c.word_dropout
        nn.init.normal_(self.words.weight, std=0.1)  # torch's 1 would drown the positions

    def forward(self, tokens: Tensor) -> Tensor:
        """Numbers of words `(N, max_length)` to class scores `(N, num_classes)`."""
        there = tokens != self.padding  # (N, T)
        if self.training and self.word_dropout:
            unknown = torch.rand(tokens.shape, device=tokens.device) < self.word_dropout
            tokens = tokens.masked_fill(unknown & there, UNKNOWN)
        x = self.dropout(self.words(tokens) + self.positions)
        # A text without a word would attend to nothing, which is NaN: it sees its first place.
        visible = there | (torch.arange(tokens.shape[1], device=tokens.device) == 0)
        for block in self.blocks:
            x = block(x, visible[:, None, None, :])
        x, weights = self.norm(x), visible.to(x.dtype).unsqueeze(-1)  # (N, T, 1)
        mean = (x * weights).sum(dim=1) / weights.sum(dim=1)
        largest = x.masked_fill(weights == 0, -torch.inf).amax(dim=1)  # one telling word is enough
        return self.head(torch.cat([mean, largest], dim=1))


def build_model(
    config: ModelConfig, *, vocabulary_size: int, max_length: int, num_classes: int, padding: int
) -> nn.Module:
    """The network for texts of `max_length` words, of which the number `padding` is none.

    Raises:
        SystemExit: the width cannot be shared out to the heads.
    """
    if config.width % config.heads:
        raise SystemExit(
            f"Error: A width of {config.width} cannot be shared out to {config.heads} heads.\n"
            f"Hint:  Give --model.width a multiple of {config.heads}."
        )
    return TextTransformer(vocabulary_size, max_length, num_classes, padding, config)
