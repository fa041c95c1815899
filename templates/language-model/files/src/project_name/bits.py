"""How many bits a language model needs for a byte of text."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scaffold_runtime.metrics import Metric


class BitsPerByte(Metric):
    """The length of the text if the model packed it, in bits, by its length in bytes.

    Shapes:
        scores: `(N, T, vocabulary)` float.
        targets: `(N, 2, T)` int64: the next tokens, and how many bytes each stands for; 0 for what is no text.
        result: float; lower is better, and 8 is no better than the text as it is.
    """

    _nats: Tensor
    _bytes: Tensor

    def __init__(self, device: torch.device) -> None:
        super().__init__(device=device)
        self.add_state("_nats", torch.zeros((), dtype=self.double_dtype), reduce="sum")
        self.add_state("_bytes", torch.zeros((), dtype=torch.int64), reduce="sum")

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds a batch `(scores, targets)`."""
        scores, targets = self.take_pair(output)
        nats = cross_entropy(scores.flatten(0, 1), targets[:, 0].flatten(), reduction="sum")
        self._nats = self._nats + nats.to(self._nats.dtype)
        self._bytes = self._bytes + targets[:, 1].sum()

    def compute(self) -> float:
        """Bits by bytes."""
        return float(self._nats) / math.log(2) / float(self._bytes)
