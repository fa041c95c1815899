"""What is learned and measured: the next token, and how many bits a byte of text then takes."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from scaffold_runtime.metrics import Loss, Metric, MetricsLambda

from .bits import BitsPerByte

SCORE = "compression"  # the metric that decides which network is best and when training stops; higher is better
SHOWN = ("loss", "bits_per_byte")  # of all metrics, what a line on the terminal has room for


class NextTokenLoss(nn.Module):
    """The mean negative logarithm of the probability that each next token was given, in nats."""

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Of scores `(N, T, vocabulary)` and targets `(N, 2, T)`, of which the first row are tokens."""
        return cross_entropy(scores.flatten(0, 1), targets[:, 0].flatten())


def make_loss(sizes: Mapping[str, int]) -> nn.Module:
    """Of scores `(N, T, vocabulary)` and targets `(N, 2, T)`; a mean over all tokens of the batch."""
    return NextTokenLoss()


def make_metrics(sizes: Mapping[str, int], device: torch.device) -> dict[str, Metric]:
    """What an evaluation measures. Bits per byte can be compared whatever the tokens are, the loss cannot."""
    bits_per_byte = BitsPerByte(device=device)
    return {
        SCORE: MetricsLambda(lambda bits: 8 / bits, bits_per_byte),  # how many times smaller the text becomes
        "bits_per_byte": bits_per_byte,
        "loss": Loss(make_loss(sizes), device=device),
    }
