"""What simpler programs need for a text, in bits per byte: what the network has to be better than."""

import gzip

import torch
from torch import Tensor

ORDER = 2


def gzip_bits_per_byte(text: bytes) -> float:
    """Of the text alone, packed by `gzip -9`."""
    return 8 * len(gzip.compress(text, 9)) / len(text)


def order_2_bits_per_byte(train: bytes, text: bytes) -> float:
    """Of a model that guesses each byte from the two before it, by their counts in the training text.

    Interpolated, as PPM and Kneser-Ney are: what follows two bytes was seen n times, and one more of it is shared out
    by what follows the second of them, and there by what is frequent, and at last evenly over 256 bytes.
    """
    seen, wanted = to_bytes(train), to_bytes(text)
    probability = torch.full((len(wanted) - ORDER,), 1 / 256, dtype=torch.float64)
    for order in range(ORDER + 1):
        keys = contexts(seen, order) * 256 + seen[order:]  # which bytes, and what came after them
        counts = torch.bincount(keys, minlength=256 ** (order + 1)).view(-1, 256)
        before = contexts(wanted, order)[ORDER - order :]
        found = counts[before, wanted[ORDER:]]
        probability = (found + probability) / (counts.sum(dim=1)[before] + 1)
    return float(-probability.log2().mean())


def contexts(text: Tensor, order: int) -> Tensor:
    """The `order` bytes before each place but the first `order`, as one number."""
    numbers = torch.zeros(len(text) - order, dtype=torch.int64)
    for offset in range(order):
        numbers = numbers * 256 + text[offset : len(text) - order + offset]
    return numbers


def to_bytes(text: bytes) -> Tensor:
    """`(len(text),)` int64."""
    return torch.frombuffer(bytearray(text), dtype=torch.uint8).long()
