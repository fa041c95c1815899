"""What is learned and measured: images that are like others."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from scaffold_runtime.metrics import MaximumMeanDiscrepancy, Metric, MetricsLambda

SCORE = "closeness"  # the metric that decides which network is best and when training stops; higher is better
SHOWN = ("generator", "discriminator", "mmd")  # of all metrics, what a line on the terminal has room for


def discriminator_loss(real: Tensor, generated: Tensor) -> Tensor:
    """Cross-entropy of the scores `(N,)` of real and of generated images; a mean over the batch.

    `softplus(-x)` is `-log sigmoid(x)`, without the logarithm of zero.
    """
    return softplus(-real).mean() + softplus(generated).mean()


def generator_loss(generated: Tensor) -> Tensor:
    """How far the scores `(N,)` of generated images are from those of real ones.

    Not the discriminator's loss with another sign: where that is sure, it would have no slope (Goodfellow et al. 2014,
    arXiv:1406.2661, section 3).
    """
    return softplus(-generated).mean()


def make_metrics(sizes: Mapping[str, int], device: torch.device) -> dict[str, Metric]:
    """What an evaluation measures, fed with generated images `(N, C, H, W)` and as many real ones.

    `mmd` is how far apart the two are as distributions: 0 for the same. `closeness` is its negative.
    """
    pixels = sizes["channels"] * sizes["image_size"] ** 2
    # Two images of digits are 0.6 apart in each pixel, squared: a kernel of that order tells near from far.
    mmd = Discrepancy(var=pixels / 4, device=device)
    return {SCORE: MetricsLambda(lambda value: -value, mmd), "mmd": mmd}


class Discrepancy(MaximumMeanDiscrepancy):
    """The maximum mean discrepancy; a batch of one image, which says nothing of a distribution, is passed over."""

    def update(self, output: Sequence[Tensor]) -> None:
        """Adds the estimate of a batch of generated and real images."""
        if len(output[0]) > 1:
            super().update(output)
